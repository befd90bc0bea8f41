/* The elements of a text, the tags of markup that is in order, and references (elements.c). */

#ifndef BACKFILE_ELEMENTS_H
#define BACKFILE_ELEMENTS_H

#include "text.h"

enum Kind {
    STRUCTURE, /* the other elements, which hold blocks or are blocks */
    PHRASE,    /* of running text */
    BREAK,     /* <br> */
    UNSEEN,    /* nothing to read: <img>, <wbr> */
};

/* The sets of index/extraction/text_flow.py and html_text.py that an element is in. */
enum Trait {
    BLOCK = 1,
    CELL = 2,
    GROUP = 4,
    ROW = 8,
    NO_TEXT = 16,
    EMPTY = 32,
    HOLDS_ANCHOR = 64, /* ANCHOR_HOLDERS, and the phrases that state an anchor within a heading */
};

typedef struct {
    const char *name;
    enum Kind kind;
    int traits, level; /* 1 to 6 of a heading, else 0 */
    uint64_t bit;      /* of this one in `content`, if it is of STRUCTURE */
    uint64_t content;  /* the elements of STRUCTURE that no parser moves out of it */
} Element;

/* What holds the whole text. */
extern const Element root_element;
extern const Element *paragraph_element, *list_item_element, *row_element, *verbatim_element, *link_element;

/* `id` and `name` are the attributes of that name as they are written, `at` NULL where there is none. */
typedef struct {
    const Element *element;
    int is_closing, is_empty;
    Span id, name;
} Tag;

void fill_elements(void);

/* Reads the tag at "<". Returns what follows it, or NULL if only a parser can say what it is. */
const Byte *read_tag(const Byte *at, const Byte *end, Tag *tag);

/* What follows the comment at "<", or NULL as above, also if there is none. */
const Byte *skip_comment(const Byte *at, const Byte *end);

/* The fragment id that an element of these attributes states, empty if none. */
Span anchor_of(const Element *element, Span id, Span name);

/* Reads the character or the reference at "&". Returns what follows it, or NULL as above. `code` is its character, or 0
   if the reference is one by name. */
const Byte *read_reference(const Byte *at, const Byte *end, uint32_t *code);

/* What the characters of a text need: nothing, or that the invisible ones are left out. FOREIGN: there are some that
   markup may not hold, or U+0085, which stands for a line break in Python. */
enum Characters { PLAIN, INVISIBLE, FOREIGN };
enum Characters characters_of(Span span);

/* The length of the invisible character at a place, of those that index.normalize.clean_block leaves out, or 0. */
int invisible_at(const Byte *at, const Byte *end);

#endif
