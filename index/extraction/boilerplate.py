"""The words that pages put around articles, in several languages: bylines, share bars, footers, other articles.

All readers of pages use these tables. A phrase counts only if it is a whole line or heading, never inside text. Lines
that announce other articles, comments or the foot of the page are called walls, because the article ends at them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Walls: what follows these lines is other articles, comments, sign-up forms or the foot of the page.
_WALLS = """
you might also like|you may also like|you may like|related|related articles|related stories|related posts
related news|related content|related topics|related coverage|related reading|recommended|recommended for you
recommended stories|recommended reading|more stories|more news|more from|more on this story|more on this topic
more on this|more to read|more in|more like this|most read|most popular|most viewed|most shared|popular
popular posts|trending|trending now|top stories|latest news|latest stories|latest articles|new articles
recent articles|recent posts|read next|read more|read also|up next|see also|also read|also on|don't miss
editor's picks|editors' picks|from the web|sponsored|sponsored content|promoted stories|around the web
what to read next|keep reading|next article|previous article|next story|previous story|leave a comment|leave a reply
leave a response|comments|add a comment|post a comment|join the conversation|view comments|show comments|share this
share this article|share this story|share this post|share this with|like this|sign in to your account|welcome back!
log in|login|sign in|newsletter|newsletters|sign up for our newsletter|subscribe to our newsletter
get our newsletter|stay connected|follow us|connect with us|useful links|quick links|about us|contact us
about the author|about author|advertisement feedback|our picks|in this section|in other news
you may also be interested in|similar articles|lesen sie auch|mehr zum thema|auch interessant
das könnte dich auch interessieren|das könnte ihnen auch gefallen|schon gelesen?|mehr zu diesem thema|aus dem forum
interessante links|weiterführende links|zum newsletter anmelden|teilen sie dies mit|teilen mit|beitrag teilen
das könnte sie auch interessieren|weitere artikel|ähnliche artikel|verwandte artikel|meistgelesen|am meisten gelesen
kommentare|kommentar schreiben|mehr aus|folgen sie uns|zum thema|lire aussi|à lire aussi|à lire également
sur le même sujet|articles similaires|articles liés|les plus lus|commentaires|laisser un commentaire
vous aimerez aussi|à découvrir|suivez-nous|dans la même rubrique|lea también|te puede interesar
también te puede interesar|noticias relacionadas|artículos relacionados|lo más leído|lo más visto|comentarios
deja un comentario|más noticias|síguenos|más sobre este tema|relacionados|leia também|veja também
notícias relacionadas|artigos relacionados|mais lidas|comentários|deixe um comentário|siga-nos|leggi anche
potrebbe interessarti|articoli correlati|i più letti|commenti|lascia un commento|seguici|lees ook|lees meer
meest gelezen|gerelateerde artikelen|reacties|meer nieuws|läs också|läs även|mest läst|les også|læs også|mest lest
mest læste|lue myös|luetuimmat|kommentarer|czytaj także|czytaj też|zobacz także|zobacz też|najczęściej czytane
komentarze|powiązane artykuły|čtěte také|související články|nejčtenější|komentáře|citește și|articole similare
olvasta már|kapcsolódó cikkek|ilgili haberler|benzer haberler|bunlar da ilginizi çekebilir|ilginizi çekebilir
en çok okunanlar|yorumlar|diğer haberler|oxşar xəbərlər|digər xəbərlər|ən çox oxunanlar|şərhlər|son xəbərlər
həmçinin oxuyun|читайте также|читать также|читайте ещё|похожие статьи|похожие новости|по теме|самое читаемое
популярное|комментарии|другие новости|последние новости|ещё по теме|читайте також|схожі новини|за темою
найпопулярніше|коментарі|інші новини|διαβάστε επίσης|σχετικά άρθρα|δημοφιλή|σχόλια|関連記事|あわせて読みたい
人気記事|おすすめ記事|コメント|最新記事|相关阅读|相关新闻|相关文章|推荐阅读|热门文章|评论|相關新聞|延伸閱讀|熱門新聞
留言|관련기사|관련 기사|많이 본 뉴스|댓글|인기기사|baca juga|berita terkait|artikel terkait|komentar
"""

# Buttons of share bars and menus, dropped where they are a line of their own outside the running text.
_BARS = """
share|tweet|email|e-mail|print|save|copy link|link copied|facebook|twitter|x|linkedin|whatsapp|telegram|reddit
pinterest|messenger|pocket|instagram|youtube|tiktok|threads|bluesky|mastodon|rss|follow|follow us|like|bookmark
listen|comment|comments|0 comments|no comments|add comment|advertisement|advertising|ad|sponsored|skip to content
skip to main content|menu|search|close|open menu|accept|accept all|home|subscribe|sign in|log in|sign up|register
font resizer|share article|read aloud|listen to article|listen to this article|reading time|gift article
view comments|teilen|drucken|merken|anzeige|werbung|partager|imprimer|publicité|compartir|imprimir|publicidad
compartilhar|condividi|stampa|pubblicità|delen|paylaş|yazdır|reklam|reklama|поделиться|реклама|печать|поділитися
udostępnij|共有|シェア|分享|广告|廣告|공유
"""

_NOTICE = re.compile(
    r"cookie|privacy|consent|terms of (?:use|service)|javascript|browser|subscri|newsletter|sign (?:in|up)|log ?in|"
    r"datenschutz|einwillig|abonn|confidentialit|politique|privacidad|suscri|gizlilik|çerez|"
    r"конфиденциальн|подпис|javaskript|隐私|プライバシー",
    re.IGNORECASE,
)
_FOOT = re.compile(
    r"\W{0,3}(?:©|\(c\) ?\d{4}|copyright\b|all rights reserved|alle rechte|tous droits|все права)", re.IGNORECASE
)
_MEDIA_NAME = re.compile(
    r"\S[^\n]{0,120}\.(?:jpe?g|png|gif|webp|svg|avif|mp[34])$|[0-9a-f]{16,}$|(?=\S*\d)[0-9a-z_]{24,}$", re.IGNORECASE
)

BYLINE = re.compile(
    r"^(?:(?:written|reported|posted|published|story|words|text|article|analysis|photos?|veröffentlicht|verfasst|geschrieben|"
    r"erstellt|publié|écrit|publicado|escrito|pubblicato|scritto)\s+)?"
    r"(?:(?:by|von|vom|par|por|door|av|af|przez|od|di|ab)\s*:?|"
    r"(?:redaktion|autor(?:in|en|innen)?|auteure?s?|autore?s?|autora?s?|authors?|verfasser(?:in)?|text|byline|foto|"
    r"rédaction|redacción|redazione|redakcja|författare|forfatter|kirjoittaja|szerző|текст)\s*:|"
    r"(?:yazan|yazar|müəllif|автор|автори|από|作者|文|記者|기자|oleh|penulis)\s*[:：]?|文[/／])\s+(?=\S)",
    re.IGNORECASE,
)
UPDATED = re.compile(
    r"updated?|modified|edited|aktualisiert|geändert|mis à jour|modifié|actualizad|atualizad|aggiornat|bijgewerkt|"
    r"uppdaterad|opdateret|oppdatert|zaktualizowan|güncelle|yenilən|обновлен|изменен|оновлен|更新|수정",
    re.IGNORECASE,
)
DATED = re.compile(
    r"\b(?:(?:first\s+)?published|posted|date(?:\s+of\s+publication)?|publication\s+date|erschienen|veröffentlicht|"
    r"erstellt|datum|stand|publié|mise?\s+en\s+ligne|publicado|publicada|fecha|pubblicato|gepubliceerd|publicerad|"
    r"publisert|opublikowano|опубликовано|дата)\b([^\n]{6,60})",
    re.IGNORECASE,
)
CHANGED = re.compile(rf"(?:{UPDATED.pattern})([^\n]{{6,60}})", re.IGNORECASE)
_DATELINE_NOISE = re.compile(
    r"""\d+\s*(?:-?\s*min(?:ute)?s?\b\.?|мин\w*|dk\.?|分|분)(?:\s*(?:de\s+)?(?:read|reading|lesezeit|lecture|lectura|
        leitura|lettura|leestid|okuma|чтения|читання|czytania))?
    |[\d.,]+\s*[km]?\s*(?:views?|comments?|shares?|reads?|likes?|aufrufe|vues|vistas|görüntülenme|просмотр\w*|baxış)
    |\b\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?(?:\s*(?:[A-Z]{2,5}\b|uhr|klo|kl\.?))?
    |\b(?:published|posted|first\s+published|last|updated?|modified|edited|on|at|date|read|created|veröffentlicht|am|um|
        aktualisiert|geändert|stand|publié|le|mis|à|jour|modifié|publicado|el|em|às|actualizado|atualizado|pubblicato|il|
        aggiornato|gepubliceerd|op|bijgewerkt|publicerad|uppdaterad|publisert|oppdatert|opublikowano|yayınlanma|tarihi|
        güncelleme|опубликовано|обновлено|опубліковано|оновлено|dərc|edilib|tarix|julkaistu|mon|tues?|wed(?:nes)?|
        thu(?:rs)?|fri|satur|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|
        donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|
        jueves|viernes|sábado|domingo)\b
    |发布|公開|掲載|입력""",
    re.IGNORECASE | re.VERBOSE,
)
AUTHORS_PAGE = re.compile(
    r"(?:(?:view|show|see|read|browse)\s+)?(?:all\s+|more\s+)?(?:posts?|articles?|stories|entries)\s+(?:by|of|from)\s+|"
    r"(?:zeige\s+)?alle[s]?\s+(?:(?:beiträge|artikel)\s+)?von:?\s+|(?:artikel|beitrag|beiträge)\s+von:?\s+|"
    r"(?:voir\s+)?(?:tous\s+les\s+)?articles?\s+(?:de|par)\s+|ver\s+(?:todas?|todos)\s+(?:las\s+|los\s+)?\w+\s+(?:de|por)\s+",
    re.IGNORECASE,
)
"""What a link to the list of an author's articles says before the name."""
NOT_A_NAME = re.compile(
    r"\W*(?:(?:your\s+|full\s+)?name\b.*|reply|like|follow|share|comments?|kommentare?|e-?mail.*|website|contact|"
    r"kontakt|admin(?:istrator)?|unknown|publisher|articles?(?:\s+by)?|artikel(?:\s+von)?|beitrag|beiträge|posts?(?:\s+by)?|"
    r"inhalt|hauptmenü|suche|search|menu|(?:log|sign)\s?(?:in|out|up|off)|"
    r".*\b(?:copyright|all\s+rights\s+reserved|artikel empfehlen)\b.*)\W*",
    re.IGNORECASE,
)
"""Words of forms, buttons and roles that stand where an author's name may stand."""
TAG_LINE = re.compile(
    r"^(?:tags?|topics?|tagged|filed under|keywords|schlagwörter|themen|mots[- ]clés|étiquettes|etiquetas|temas|tag|"
    r"etiketler|теги|метки|etiketlər|キーワード|标签)\s*[:：]\s*(.+)$",
    re.IGNORECASE,
)


def _key(line: str) -> str:
    text = unicodedata.normalize("NFKC", line).replace("İ", "i").casefold().replace("’", "'")
    return " ".join(text.strip(" \t:：•·|–—-#*>»…").split())


def _table(rows: str) -> frozenset[str]:
    return frozenset(_key(phrase) for row in rows.strip().splitlines() for phrase in row.split("|"))


_WALL_LINES, _BAR_LINES = _table(_WALLS), _table(_BARS)


_WALL_START = re.compile(
    r"(?:most (?:read|popular|viewed) (?:in|on)|more (?:stories )?from|related (?:post|story|article)s?:|"
    r"read more:|meistgelesen in|les plus lus)\s",
    re.IGNORECASE,
)
# These begin headings of articles too, so they are walls only at the end of a text.
_LAST_WALL = re.compile(
    r"(?:more (?:about|on)|mehr (?:zu|zum thema|über|von)|lesen sie (?:auch|mehr)|auch auf|"
    r"(?:das |dies |dieses thema |das thema )?(?:könnte|dürfte) (?:sie|dich|euch|ihnen|dir)|"
    r"(?:subscribe|sign up|register) (?:now )?(?:to|for)|zum newsletter|newsletter|weitere (?:artikel|beiträge|themen)|"
    r"(?:other|similar|further|recent|latest) (?:articles|stories|posts)|à lire|lire (?:aussi|également)|voir aussi|"
    r"te (?:puede|podría) interesar|lee también|leia (?:também|mais)|leggi (?:anche|tutto)|lees (?:ook|verder))"
    r"(?:[\s:]|$)",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"""(?:(?:follow|like|join|find|connect\ with|
        folgen?|liken?|besuchen?|suivez|retrouvez|sígu?e?nos|seguici|siga|volg)
        \b.{0,80}\b(?:facebook|twitter|instagram|youtube|whatsapp|telegram|linkedin|tiktok|mastodon|bluesky|threads)\b
    |(?:(?:last\ )?updated|zuletzt\ (?:aktualisiert|geändert)|aktualisiert|mis\ à\ jour|actualizado)
        (?:\ (?:am|at|on|le|el))?:?\s+\S*\d
    |(?:permalink|short\ ?link|filed\ under|posted\ in|tagged(?:\ (?:with|as))?|tags?|schlagw[oö]rte?r?|kategorien?|
        categor(?:y|ies)|étiquettes|etiquetas|veröffentlicht\ (?:in|unter))\s*[:：]
    |download\b.{0,60}\bapp\b)""",
    re.IGNORECASE | re.VERBOSE,
)
MAX_PROFILE = 700
"""Characters of a paragraph that says who the author is."""
_TITLED = r"(?:(?:dr|prof|sir|dame|mr|mrs|ms)\.?\s+)*"
_IS = re.compile(
    r"(?:,|\(|\s+(?:is|was|has|writes|covers|reports|joined|works|lives|ist|war|arbeitet|schreibt|berichtet|lebt|"
    r"studierte|est|écrit|travaille|es|escribe|è|scrive|é|escreve|schrijft|är|er|on|jest)\b)",
    re.IGNORECASE,
)


def is_wall(line: str) -> bool:
    """Whether a line announces something other than the article: other articles, comments, sign-up, footer."""
    return len(line) <= 80 and (_key(line) in _WALL_LINES or bool(_WALL_START.match(line)) or is_foot(line))


def is_last_wall(line: str) -> bool:
    """Whether a line near the end of a text announces something other than the article."""
    return len(line) <= 100 and (is_wall(line) or bool(_LAST_WALL.match(line))) and not is_foot(line)


def is_call(text: str) -> bool:
    """Whether a short text asks readers to follow or download something, or lists the tags of the article."""
    return len(text) <= 300 and bool(_CALL.match(text))


def is_profile(text: str, authors: Iterable[str], *, alone: bool) -> bool:
    """Whether a text says who one of the authors is, or if `alone` is asked for, is the name alone."""
    if len(text) > MAX_PROFILE:
        return False
    named = (re.match(_TITLED + re.escape(author), text, re.IGNORECASE) for author in authors if len(author) > 4)
    return any(
        name and (alone if name.end() == len(text) else _IS.match(text[name.end() :]) is not None) for name in named
    )


def is_foot(line: str) -> bool:
    """Whether a line is a copyright line."""
    return len(line) <= 200 and bool(_FOOT.match(line))


def is_bar(line: str) -> bool:
    """Whether a line is a button of a share bar or a menu, or the file name of a picture."""
    return len(line) <= 140 and (_key(line) in _BAR_LINES or bool(_MEDIA_NAME.match(line)))


def is_notice(text: str) -> bool:
    """Whether a text asks for consent, a subscription or another browser."""
    return len(text) <= 600 and bool(_NOTICE.search(text))


def without_dateline_noise(line: str) -> str:
    """A dateline without reading time, view counts, time of day and words such as "Published"."""
    return _DATELINE_NOISE.sub(" ", line)
