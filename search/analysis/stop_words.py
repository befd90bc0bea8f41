"""Function words by language. A query that has other words ignores them; the index holds them like any other word.

The lists are short on purpose. A word belongs here if nobody would search an archive for it alone. Words that are also
names or nouns, such as "will", "may" and "can", do not. How these lists compare with those of libraries is in
docs/explanation/dependencies.md.
"""

from __future__ import annotations

from typing import Final

_NORWEGIAN: Final = """alle at av ble bli blir da de deg dem den denne der deres det dette din du eller en er et etter
    for fra få ha hadde han hans har henne her hun hva hvem hvor i ikke inn jeg kan kom man med meg men min mot nå når
    og også om opp oss over på seg sin skal som så til under ut var ved vi vil være"""

STOP_WORDS: Final[dict[str, str]] = {
    "en": """a about after again all also am an and any are as at be because been before being between both but by
        did do does doing for from had has have having he her here hers him his how i if in into is it its me more most
        my no nor not of off on or our ours out over own same she so some such than that the their them then there these
        they this those through to too under until up upon us very was we were what when where which while who whom why
        with would you your""",
    "de": """aber als am an auch auf aus bei bin bis bist da das dass dein dem den der des die doch du durch ein eine
        einem einen einer eines er es für hat hatte haben ich ihr ihre im in ist ja kein keine mein mit nach nicht noch
        nur ob oder ohne sein seine sich sie sind so über um und uns unter vom von vor war waren was weil wenn wer wie
        wir wird wurde zu zum zur""",
    "fr": """à au aux avec c ce ces cette d dans de des du elle elles en est et été eux il ils j je l la le les leur
        leurs lui m ma mais me même mes n ne nos notre nous on ont ou où par pas pour qu que qui s sa sans se ses son
        sont sur t ta te tes ton tu un une vos votre vous y""",
    "es": """a al algo como con cual de del desde donde el él ella ellas ellos en entre era es esa ese eso esta está
        este esto fue ha han hasta hay la las le les lo los más me mi muy ni no nos o para pero por porque que qué quien
        se ser si sin sobre son su sus también te tu un una uno y ya yo""",
    "it": """a ad agli ai al alla alle allo anche c che chi ci come con d da dagli dai dal dalla dalle degli dei del
        della delle dello di e è ed era gli ha hanno i il in io l la le lei lo loro lui ma mi nei nel nella nelle non o
        per più quello questa questo se si sono su sua sui sul sulla suo un una uno""",
    "pt": """a ao aos as às até com como da das de dela dele do dos e é ela elas ele eles em entre era essa esse esta
        está este eu foi há isso isto já lhe mais mas me mesmo na nas não nem no nos o os ou para pela pelo por quando
        que quem se sem ser seu sua são também te um uma você""",
    "nl": """aan al als bij dan dat de der deze die dit door een en er geen had heb heeft het hier hij hoe hun ik in is
        je kan maar me meer men met mijn naar niet nog nu of om omdat ons ook op over te tot u uit van voor waren was
        wat we wel werd wie wij worden zal ze zich zij zijn zo zou""",
    "ru": """а без бы был была были было быть в вам вас весь во вот все всё вы где да для до его ее её если есть ещё
        еще же за и из или им их к как когда которая которые который кто ли мне мы на над не нет но о об он она они оно
        от по под при с свой со так такой там то тот у уже что чтобы эта эти это этот я""",
    "tr": """ama ancak bazı ben bir biri biz bu bunu bunun çok da daha de değil en gibi göre hem her için ile ise ki
        kim mı mi mu mü ne neden nasıl o olan olarak oldu olduğu ona onlar onu onun sadece sen siz şey şu tüm ve veya ya
        yani""",
    "sv": """alla att av blev bli blir de dem den denna deras dess det detta dig din du där efter ej eller en er ett
        från för ha hade han hans har hon hur i icke inom inte jag kan man med men mig min mot mycket ni nu när någon
        och om oss på samma sedan sig sin sitt som så till under upp ut var vara vi vid än är över""",
    "da": """af alle at blev blive bliver da de dem den denne der deres det dette dig din du efter eller en end er et
        for fra ham han hans har havde hende her hun hvad hvor i ikke ind jeg jo kan man med meget men mig min mod nu
        når og også om op os over på sig sin skal som så til ud under var ved vi vil være""",
    "nb": _NORWEGIAN,
    "nn": _NORWEGIAN,
    "no": _NORWEGIAN,
    "fi": """ei eivät en että hän hänen he ja jo joka jos jossa jotka kaikki kanssa kuin kun kuka me mikä mitä minä
        mukaan mutta muut myös ne niin niitä nyt noin ole oli olivat olla on ovat se sekä sen siitä sinä sitä tai tämä
        tämän te vaan vain vielä voi""",
    "pl": """a aby ale bez bo być by był była było co czy dla do go i ich ile im ja jak jako je jego jej jest już każdy
        kiedy kto która które który lub ma mnie może my na nad nie niż o od on ona oni oraz po pod przed przez przy się
        są ta tak także tam te tego tej ten to tu ty tylko w we wy z za ze że""",
    "cs": """a aby ale ani až bez být by byl byla bylo byly co či do i jak jako je jeho její jejich jen ještě již jsem
        jsou k kde když která které který mezi na nad ne nebo není o od on ona oni po pod podle pro proto před při s se
        si tak také tato ten tento to u už v ve více však z za ze že""",
    "hu": """a az azt csak de egy el és ez ezt hogy ha hanem is itt ki köz le lesz meg mert mely mi mint nagyon ne nem
        oly ő ott pedig s sem sok szerint től után vagy van volt""",
    "ro": """a acest această al ale ar are au că ce cea cei cel cu da dacă de decât deci din după e ea ei el era este
        fi fost în între îi își la le lor lui mai ne nu o pe pentru prin sa să sau se și sunt un una unei unui va""",
    "el": """ο η το οι τα του της των τον την τους τις και κι σε στο στη στον στην στα στους στις από για με να θα που
        πως ότι δεν μη μην ως είναι ήταν έχει έχουν ένα ένας μια μία αυτό αυτή αυτός όπως αλλά ή αν""",
    "uk": """а або але б без був була були було бути в вже він вона вони все від для до є за з і із й його її їх ж
        коли ми на над не ні о по при про с себе та так також те ти то у це цей ця чи що щоб я як який""",
    "ca": """a al als amb això com d de del dels el els en entre era és es ha han hi i l la les li lo més no o on per
        però que qui s se sense ser seu seva si són sobre també un una uns""",
    "id": """ada adalah akan atau bahwa bagi dalam dan dapat dari dengan di dia hanya ini itu juga kami karena ke
        kepada kita lain mereka oleh pada para saat saya sebagai sebuah telah tersebut tidak untuk yang""",
    "ar": """في من على إلى عن مع هذا هذه ذلك التي الذي الذين أن إن كان كانت قد لا ما لم لن هو هي هم أو و ثم كل بعد قبل
        بين حتى كما لكن""",
    "fa": """و در به از که این آن را با است برای بود شد تا هم یا هر اما بر نیز ما او اگر خود یک های""",
    "az": """və bu o da də ilə üçün bir ki olan kimi daha ən hər isə amma lakin nə var idi edir olaraq sonra onun
        ya""",
}
"""The words of each language as they are written; they are folded before they are compared."""
