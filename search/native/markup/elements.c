#include "elements.h"

#include <string.h>

enum {
    ARTICLE, ASIDE, BLOCKQUOTE, CAPTION, CENTER, COL, COLGROUP, DD, DETAILS, DIV, DL, DT, FIGCAPTION, FIGURE, FOOTER,
    H1, H2, H3, H4, H5, H6, HEADER, HR, LI, MAIN, OL, P, PRE, SECTION, SUMMARY, TABLE, TBODY, TD, TFOOT, TH, THEAD, TR,
    UL,
};

#define BIT(element) ((uint64_t)1 << (element))
#define SECTIONS                                                                                                       \
    (BIT(ARTICLE) | BIT(ASIDE) | BIT(BLOCKQUOTE) | BIT(CENTER) | BIT(DETAILS) | BIT(DIV) | BIT(DL) | BIT(FIGURE) |     \
     BIT(FOOTER) | BIT(HEADER) | BIT(HR) | BIT(MAIN) | BIT(OL) | BIT(P) | BIT(PRE) | BIT(SECTION) | BIT(TABLE) |       \
     BIT(UL) | BIT(H1) | BIT(H2) | BIT(H3) | BIT(H4) | BIT(H5) | BIT(H6))
#define STRUCTURE_OF(name, element, traits, level, content) {name, STRUCTURE, traits, level, BIT(element), content}
#define PHRASE_OF(name, traits) {name, PHRASE, traits, 0, 0, 0}

/* By name, as html_text.py lists them. */
static const Element elements[] = {
    PHRASE_OF("a", HOLDS_ANCHOR),
    PHRASE_OF("abbr", 0),
    STRUCTURE_OF("article", ARTICLE, BLOCK | HOLDS_ANCHOR, 0, SECTIONS),
    STRUCTURE_OF("aside", ASIDE, BLOCK, 0, SECTIONS),
    PHRASE_OF("b", 0),
    PHRASE_OF("big", 0),
    STRUCTURE_OF("blockquote", BLOCKQUOTE, BLOCK, 0, SECTIONS),
    {"br", BREAK, 0, 0, 0, 0},
    STRUCTURE_OF("caption", CAPTION, BLOCK, 0, 0),
    STRUCTURE_OF("center", CENTER, BLOCK, 0, SECTIONS),
    PHRASE_OF("cite", 0),
    PHRASE_OF("code", 0),
    STRUCTURE_OF("col", COL, EMPTY, 0, 0),
    STRUCTURE_OF("colgroup", COLGROUP, NO_TEXT, 0, BIT(COL)),
    STRUCTURE_OF("dd", DD, BLOCK | ROW, 0, SECTIONS),
    PHRASE_OF("del", 0),
    STRUCTURE_OF("details", DETAILS, BLOCK, 0, SECTIONS | BIT(SUMMARY)),
    PHRASE_OF("dfn", 0),
    STRUCTURE_OF("div", DIV, BLOCK | HOLDS_ANCHOR, 0, SECTIONS),
    STRUCTURE_OF("dl", DL, BLOCK | GROUP | ROW | NO_TEXT, 0, BIT(DT) | BIT(DD)),
    STRUCTURE_OF("dt", DT, BLOCK | ROW, 0, SECTIONS),
    PHRASE_OF("em", 0),
    STRUCTURE_OF("figcaption", FIGCAPTION, BLOCK, 0, SECTIONS),
    STRUCTURE_OF("figure", FIGURE, BLOCK, 0, SECTIONS | BIT(FIGCAPTION)),
    STRUCTURE_OF("footer", FOOTER, BLOCK, 0, SECTIONS),
    STRUCTURE_OF("h1", H1, BLOCK, 1, 0),
    STRUCTURE_OF("h2", H2, BLOCK, 2, 0),
    STRUCTURE_OF("h3", H3, BLOCK, 3, 0),
    STRUCTURE_OF("h4", H4, BLOCK, 4, 0),
    STRUCTURE_OF("h5", H5, BLOCK, 5, 0),
    STRUCTURE_OF("h6", H6, BLOCK, 6, 0),
    STRUCTURE_OF("header", HEADER, BLOCK | HOLDS_ANCHOR, 0, SECTIONS),
    STRUCTURE_OF("hr", HR, BLOCK | EMPTY, 0, 0),
    PHRASE_OF("i", 0),
    {"img", UNSEEN, 0, 0, 0, 0},
    PHRASE_OF("ins", 0),
    PHRASE_OF("kbd", 0),
    STRUCTURE_OF("li", LI, BLOCK | ROW | HOLDS_ANCHOR, 0, SECTIONS),
    STRUCTURE_OF("main", MAIN, BLOCK, 0, SECTIONS),
    PHRASE_OF("mark", 0),
    STRUCTURE_OF("ol", OL, BLOCK | GROUP | ROW | NO_TEXT, 0, BIT(LI)),
    STRUCTURE_OF("p", P, BLOCK, 0, 0),
    STRUCTURE_OF("pre", PRE, BLOCK, 0, 0),
    PHRASE_OF("q", 0),
    PHRASE_OF("s", 0),
    PHRASE_OF("samp", 0),
    STRUCTURE_OF("section", SECTION, BLOCK | HOLDS_ANCHOR, 0, SECTIONS),
    PHRASE_OF("small", 0),
    PHRASE_OF("span", HOLDS_ANCHOR),
    PHRASE_OF("strike", 0),
    PHRASE_OF("strong", 0),
    PHRASE_OF("sub", 0),
    STRUCTURE_OF("summary", SUMMARY, BLOCK, 0, 0),
    PHRASE_OF("sup", 0),
    STRUCTURE_OF("table", TABLE, BLOCK | GROUP | NO_TEXT, 0,
                 BIT(CAPTION) | BIT(COL) | BIT(COLGROUP) | BIT(THEAD) | BIT(TBODY) | BIT(TFOOT) | BIT(TR)),
    STRUCTURE_OF("tbody", TBODY, BLOCK | NO_TEXT, 0, BIT(TR)),
    STRUCTURE_OF("td", TD, CELL, 0, SECTIONS),
    STRUCTURE_OF("tfoot", TFOOT, BLOCK | NO_TEXT, 0, BIT(TR)),
    STRUCTURE_OF("th", TH, CELL, 0, SECTIONS),
    STRUCTURE_OF("thead", THEAD, BLOCK | NO_TEXT, 0, BIT(TR)),
    PHRASE_OF("time", 0),
    STRUCTURE_OF("tr", TR, BLOCK | ROW | NO_TEXT, 0, BIT(TD) | BIT(TH)),
    PHRASE_OF("tt", 0),
    PHRASE_OF("u", 0),
    STRUCTURE_OF("ul", UL, BLOCK | GROUP | ROW | NO_TEXT, 0, BIT(LI)),
    PHRASE_OF("var", 0),
    {"wbr", UNSEEN, 0, 0, 0, 0},
};

enum { ELEMENTS = sizeof elements / sizeof *elements };

const Element root_element = {"", STRUCTURE, 0, 0, 0, SECTIONS};
const Element *paragraph_element, *list_item_element, *row_element, *verbatim_element, *link_element;

static int first_of[27]; /* where the names of each letter begin */

static const Element *find_element(const Byte *name, size_t size) {
    if (*name < 'a' || *name > 'z')
        return NULL;
    for (int at = first_of[*name - 'a']; at < first_of[*name - 'a' + 1]; at++)
        if (!strncmp(elements[at].name, (const char *)name, size) && !elements[at].name[size])
            return &elements[at];
    return NULL;
}

void fill_elements(void) {
    for (int at = ELEMENTS - 1, letter = 26; letter >= 0; letter--) {
        while (at >= 0 && elements[at].name[0] - 'a' >= letter)
            at--;
        first_of[letter] = at + 1;
    }
    paragraph_element = find_element((const Byte *)"p", 1);
    list_item_element = find_element((const Byte *)"li", 2);
    row_element = find_element((const Byte *)"tr", 2);
    verbatim_element = find_element((const Byte *)"pre", 3);
    link_element = find_element((const Byte *)"a", 1);
}

static int is_letter(Byte byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static int is_digit(Byte byte) {
    return byte >= '0' && byte <= '9';
}

static const Byte *skip_blanks(const Byte *at, const Byte *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static int is_named(Span span, const char *name) {
    size_t size = strlen(name);
    return (size_t)(span.end - span.at) == size && !memcmp(span.at, name, size);
}

/* Whether what is written in a value could be taken for the beginning of an attribute with an anchor. */
static int ends_like_attribute(Span value) {
    size_t size = (size_t)(value.end - value.at);
    return (size >= 3 && !memcmp(value.end - 3, "id=", 3)) || (size >= 5 && !memcmp(value.end - 5, "name=", 5));
}

/* The value in quotes after "=", which may hold references but no "<". */
static const Byte *read_value(const Byte *at, const Byte *end, Span *value) {
    if (at == end || *at != '"')
        return NULL;
    value->at = ++at;
    while (at < end && *at != '"') {
        uint32_t code;
        if (*at == '<')
            return NULL;
        at = *at == '&' ? read_reference(at, end, &code) : at + 1;
        if (!at)
            return NULL;
    }
    value->end = at;
    return at < end && !ends_like_attribute(*value) ? at + 1 : NULL;
}

static const Byte *read_attribute(const Byte *at, const Byte *end, Tag *tag) {
    Span name = {at, at}, value = {NULL, NULL};
    while (at < end && (is_letter(*at) || is_digit(*at) || *at == '_' || *at == ':' || *at == '.' || *at == '-'))
        at++;
    name.end = at;
    if (at == end || *at != '=')
        return at;
    at = read_value(at + 1, end, &value);
    if (!at)
        return NULL;
    int is_id = is_named(name, "id"), is_name = is_named(name, "name");
    if ((is_id || is_name) && memchr(value.at, '&', (size_t)(value.end - value.at)))
        return NULL; /* rare: left to Python */
    if (is_id)
        tag->id = value;
    if (is_name)
        tag->name = value;
    return at;
}

const Byte *read_tag(const Byte *at, const Byte *end, Tag *tag) {
    memset(tag, 0, sizeof *tag);
    tag->is_closing = ++at < end && *at == '/';
    const Byte *name = at += tag->is_closing;
    while (at < end && ((*at >= 'a' && *at <= 'z') || is_digit(*at)))
        at++;
    tag->element = at < end && at > name ? find_element(name, (size_t)(at - name)) : NULL;
    if (!tag->element)
        return NULL;
    if (tag->is_closing)
        return *at == '>' && tag->element->kind <= PHRASE ? at + 1 : NULL;
    for (const Byte *after; (after = skip_blanks(at, end)) > at && after < end && (is_letter(*after) || *after == '_');) {
        at = read_attribute(after, end, tag);
        if (!at)
            return NULL;
    }
    at = skip_blanks(at, end);
    tag->is_empty = at < end && *at == '/' && tag->element->kind != PHRASE;
    at += tag->is_empty;
    return at < end && *at == '>' ? at + 1 : NULL;
}

const Byte *skip_comment(const Byte *at, const Byte *end) {
    if (end - at < 7 || memcmp(at, "<!--", 4) || at[4] == '>' || (at[4] == '-' && at[5] == '>'))
        return NULL;
    for (at += 4; end - at >= 3 && *at != '<' && *at != '&'; at++)
        if (at[0] == '-' && at[1] == '-')
            return at[2] == '>' ? at + 3 : NULL;
    return NULL;
}

Span anchor_of(const Element *element, Span id, Span name) {
    static const Span none = {(const Byte *)"", (const Byte *)""};
    Span stated = id.at && id.end > id.at ? id : element == link_element && name.at ? name : none;
    stated = without_space(stated);
    for (const Byte *at = stated.at; at < stated.end; at++)
        if (space_at(at, stated.end))
            return none;
    return characters_in(stated) <= 200 ? stated : none;
}

/* Whether a number in a reference is that of a character as it is. Others are mended or left out. */
static int is_plain_code(uint32_t code) {
    return code == '\t' || code == '\n' || (code >= ' ' && code < 0x7F) ||
           (code >= 0xA0 && code < 0xD800 && code != 0xAD && code != 0x200B && code != 0x2060) ||
           (code >= 0xE000 && code < 0xFDD0) || (code > 0xFDEF && code < 0xFFFE && code != 0xFEFF) ||
           (code > 0xFFFF && code < 0x110000 && (code & 0xFFFE) != 0xFFFE);
}

static int digit_of(Byte byte, int base) {
    if (is_digit(byte))
        return byte - '0';
    if (base == 16 && byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return base == 16 && byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

static const Byte *read_number(const Byte *at, const Byte *end, uint32_t *code) {
    int base = at < end && (*at == 'x' || *at == 'X') ? 16 : 10, digit, count = 0;
    at += base == 16;
    for (*code = 0; at < end && (digit = digit_of(*at, base)) >= 0 && count < (base == 16 ? 6 : 7); at++, count++)
        *code = *code * (uint32_t)base + (uint32_t)digit;
    return count && at < end && *at == ';' && is_plain_code(*code) ? at + 1 : NULL;
}

static const Byte *read_name(const Byte *at, const Byte *end, uint32_t *code) {
    static const struct {
        const char *name;
        uint32_t code;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"nbsp", 0xA0}};
    Span name = {at, at};
    while (at < end && at - name.at < 31 && (is_letter(*at) || is_digit(*at)))
        at++;
    name.end = at;
    if (at - name.at < 2 || at == end || *at != ';')
        return NULL;
    *code = 0;
    for (size_t one = 0; one < sizeof known / sizeof *known; one++)
        if (is_named(name, known[one].name))
            *code = known[one].code;
    return at + 1;
}

const Byte *read_reference(const Byte *at, const Byte *end, uint32_t *code) {
    at++;
    if (at < end && *at == '#')
        return read_number(at + 1, end, code);
    if (at < end && is_letter(*at))
        return read_name(at, end, code);
    *code = '&';
    return at == end || *at == ' ' || *at == '\n' || *at == ',' || *at == '.' ? at : NULL;
}

/* Whether the character of two or three bytes at a place is U+0085, U+FFFE or U+FFFF. */
static int is_foreign(const Byte *at, const Byte *end) {
    if (at[0] == 0xC2)
        return end - at >= 2 && at[1] == 0x85;
    return end - at >= 3 && at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE;
}

int invisible_at(const Byte *at, const Byte *end) {
    if (at[0] == 0xC2)
        return end - at >= 2 && at[1] == 0xAD ? 2 : 0;
    if (at[0] < 0xE2)
        return at[0] == 0x7F;
    if (end - at < 3)
        return 0;
    if (at[0] == 0xE2)
        return (at[1] == 0x80 && at[2] == 0x8B) || (at[1] == 0x81 && at[2] == 0xA0) ? 3 : 0;
    return at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF ? 3 : 0;
}

enum Characters characters_of(Span span) {
    enum Characters found = PLAIN;
    for (const Byte *at = span.at; at < span.end; at++) {
        if (*at >= ' ' && *at < 0x7F)
            continue;
        if (*at < ' ' ? *at != '\n' && *at != '\t' && *at != '\r' : is_foreign(at, span.end))
            return FOREIGN;
        if (invisible_at(at, span.end))
            found = INVISIBLE;
    }
    return found;
}
