"""The editors' desk: what the archive has on a draft or an article, links to take along, and pieces to pin or block.

It is there only if the setting `desk` is true. A draft comes by POST, is in no address, in no log and in no cache, and
changes nothing. Nothing is fetched: an address names an article of the archive.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from search.archive import Archive
from search.assist.subject import Subject
from search.choosing import choose, chosen, forget
from search.document import web_address
from search.errors import NotFound, ParameterError
from search.ledger.choices import Kind
from search.pinned_archive import PinnedArchive
from search.request.desk_parameters import DeskDraft, DeskParameters
from search.request.parameters import MAX_TEXT_SENT
from search.request.reading import read, read_pairs
from search.request.urls import article_id
from search.translation import gettext as _
from search.translation import listed, number
from webui.desk_page import HALF_LIVES, MODES, DeskView, choice_views, length_note, piece_views
from webui.json_body import MAX_BODY_BYTES
from webui.link_lists import FORMS, Piece, written
from webui.responses import kept_nowhere, led_to, page
from webui.same_origin import require_own_page
from webui.site import addresses, current_site
from webui.wording import day, sentence

blueprint = Blueprint("desk", __name__)
blueprint.after_request(kept_nowhere)

MAX_PIECES: Final = 50
"""Links that are written at once: as many as a list of related articles may have."""
_KINDS: Final[dict[str, Kind | None]] = {"pin": "pin", "block": "block", "undo": None}


@blueprint.get("/desk")
def desk() -> Response:
    """The desk, empty, or with what is related to the article that the address names."""
    asked = DeskDraft.model_validate(read(DeskParameters, request.query_string).model_dump())
    return _answer(asked)


@blueprint.post("/desk")
def draft() -> Response:
    """What is related to a draft. An address alone leads to the page for that article, which may be kept and sent."""
    asked = read_pairs(DeskDraft, _form_pairs())
    if asked.address and not (asked.text.strip() or asked.title.strip()):
        return _moved(_query(asked, address=asked.address))
    return _answer(asked.model_copy(update={"id": "", "address": ""}))


@blueprint.post("/desk/links")
def links() -> Response:
    """The chosen pieces as a list of links, to be copied: the text alone for scripts, a page for everybody else."""
    form = next((name for name, _label in FORMS if name == request.form.get("form")), None)
    if form is None:
        forms = listed([name for name, _label in FORMS], style="or")
        raise ParameterError("form", _("must be one of %(values)s", values=forms))
    names = list(dict.fromkeys(request.form.getlist("piece")))[:MAX_PIECES]
    with current_site().archive.pinned() as archive:
        text = written(_pieces(archive, names), form)
    if request.accept_mimetypes.best_match(["text/html", "text/plain"], "text/html") == "text/plain":
        return Response(text, content_type="text/plain; charset=utf-8")
    label = _(dict(FORMS)[form])
    return page("desk_links.html", text=text, label=label, count=len(names), rows=min(20, text.count("\n") + 2))


@blueprint.post("/desk/choices")
def choices() -> Response:
    """Pins or blocks a piece for an article, or undoes that; then leads back to the desk."""
    require_own_page()
    word, _space, piece = request.form.get("choice", "").partition(" ")
    subject = request.form.get("subject", "")
    if word not in _KINDS or not piece or not subject:
        raise ParameterError("choice", _("must name what to do and a piece, as the buttons of the desk do"))
    archive, kind = current_site().archive, _KINDS[word]
    if kind is not None:
        choose(archive, subject, piece, kind)
    else:
        forget(archive, subject, piece)
    kept = [(name, request.form[name]) for name in ("mode", "half_life") if request.form.get(name)]
    return _moved(urlencode([("id", subject), *kept]) + "#desk-found-title")


def _form_pairs() -> list[tuple[str, str]]:
    """The fields of the form. Raises RequestEntityTooLarge with what to do."""
    request.max_form_memory_size = MAX_BODY_BYTES
    try:
        pairs = list(request.form.items(multi=True)) if len(request.get_data()) < MAX_BODY_BYTES else None
    except RequestEntityTooLarge:
        pairs = None
    # Werkzeug cuts a chunked body at MAX_CONTENT_LENGTH without an error.
    if pairs is None or any(len(value) > MAX_TEXT_SENT for _name, value in pairs):
        raise RequestEntityTooLarge(too_long())
    return [(name or "", value.replace("\0", "")) for name, value in pairs]  # a part of a multipart body may have none


def _answer(asked: DeskDraft) -> Response:
    if not (asked.id or asked.address or asked.text.strip() or asked.title.strip()):
        problem = _("Paste or type a draft, or give the address of an article.") if request.method == "POST" else ""
        return _shown(DeskView(asked, problem=problem), 400 if problem else 200)
    site = current_site()
    with site.turn():
        try:
            return _shown(_view(site.archive, asked))
        except NotFound as error:
            problem = _not_here() if asked.address else sentence(str(error))
            return _shown(DeskView(asked, problem=problem), 404)


def too_long() -> str:
    """What is said of a draft that is too long to be read, and what to do."""
    return _(
        "A draft may have at most %(characters)s characters and %(bytes)s bytes. Paste its beginning: the first pages "
        "say what it is about.",
        characters=number(MAX_TEXT_SENT),
        bytes=number(MAX_BODY_BYTES),
    )


def _not_here() -> str:
    return _(
        "The archive has no article at this address, and nothing is fetched from elsewhere. Paste the title and the "
        "text of the article instead."
    )


def _view(archive: Archive, asked: DeskDraft) -> DeskView:
    links = addresses("html")
    with archive.pinned() as pinned:
        name = asked.id or _page_of(asked.address) or asked.address
        article = pinned.named(name) if name else None
        subject = Subject(id=article.id) if article else Subject(title=asked.title, text=asked.text)
        found = pinned.related(subject, links, mode=asked.mode, limit=asked.limit, half_life=asked.half_life)
    return DeskView(
        asked=asked,
        article=article,
        article_url=links.article(article.id) if article else "",
        found=found,
        pieces=piece_views(found),
        choices=choice_views(chosen(archive, article.id), links) if article else (),
        note=length_note(asked),
    )


def _page_of(address: str) -> str:
    """The id of the article whose page on this site has that address; "" if it is no such page."""
    own = f"{current_site().absolute(request.script_root)}/article/"
    if not address.startswith(own):
        return ""
    return article_id(unquote(urlsplit(address).path.removeprefix(f"{request.script_root}/article/")))


def _pieces(archive: PinnedArchive, names: list[str]) -> list[Piece]:
    """The articles with those ids that are in the archive, each at its original address if it has one."""
    heads = filter(None, map(archive.head, names))
    links, site = addresses("html"), current_site()
    return [
        Piece(
            head.title,
            web_address(head.url) or site.absolute(links.article(head.id)),
            day(head.published.isoformat()) if head.published else "",
        )
        for head in heads
    ]


def _query(asked: DeskDraft, **first: str) -> str:
    kept = {"mode": asked.mode, "half_life": asked.half_life}
    return urlencode([*first.items(), *((name, str(value)) for name, value in kept.items() if value is not None)])


def _shown(view: DeskView, status: int = 200) -> Response:
    modes, half_lives, forms = (
        [(value, _(label)) for value, label in choices] for choices in (MODES, HALF_LIVES, FORMS)
    )
    return page("desk.html", status=status, view=view, modes=modes, half_lives=half_lives, forms=forms)


def _moved(query: str) -> Response:
    return led_to(f"{request.script_root}/desk?{query}")
