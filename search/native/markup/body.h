/* The text of markup with its headings (body.c): the twin of index.extraction.text_flow and of BodyBuilder. */

#ifndef BACKFILE_BODY_H
#define BACKFILE_BODY_H

#include "elements.h"

#define MAX_OPEN 128 /* half of MAX_DEPTH in index/extraction/html_tree.py */

/* `at` and `size` in bytes, `offset` in characters. */
typedef struct {
    size_t at, size, offset;
    int level;
    Span anchor;
} HeadingFound;

/* What has been read, and how it goes on: `said` is the block that is being read, `open` the elements of BLOCK.
   `has_invisible`: there are characters to leave out. */
typedef struct {
    Text text, said, line, seen;
    size_t characters;
    HeadingFound *headings;
    size_t heading_count, heading_room;
    const Element *open[MAX_OPEN + 2];
    int depth, open_groups, verbatim, has_words, is_marked, has_invisible;
    size_t group, last_group;
} Body;

/* An element of BLOCK begins, or the one that began last ends. */
void body_begin(Body *body, const Element *element);
void body_end(Body *body, const Element *element);
/* An element of CELL begins. */
void body_cell(Body *body);
/* Text, with LINE_BREAK for each break in it. `has_words`: it is not white space alone. */
void body_add(Body *body, Span text, int has_words);
/* A paragraph or a heading as a whole; the text of a heading is changed. */
void body_paragraph(Body *body, Span text, int has_words);
void body_heading(Body *body, Text *text, int level, Span anchor);
/* What was said so far is a block. */
void body_flush(Body *body);

int body_failed(const Body *body);
/* The text, and a list of a tuple for each heading: text, level, offset, anchor or None. Both NULL with an exception. */
PyObject *body_text(const Body *body);
PyObject *body_headings(const Body *body);
void body_free(Body *body);

#endif
