/* What the choice of passages shares: text by code points and sentences (sentences.c), and layout (layout.c). */

#ifndef BACKFILE_PASSAGES_H
#define BACKFILE_PASSAGES_H

#include "kernel.h"

/* What a character is: bits in the order of `_CLASSES` in search/highlight/characters.py, behind KNOWN. */
enum {
    KNOWN = 1,
    SPACE = 1 << 1,
    LOWER = 1 << 2,
    UPPER = 1 << 3,
    DECIMAL = 1 << 4,
    UNSPACED = 1 << 5,
    STOP = 1 << 6,        /* ends a sentence before white space */
    WIDE_STOP = 1 << 7,   /* ends a sentence */
    CLOSER = 1 << 8,      /* may follow a STOP */
    WIDE_CLOSER = 1 << 9, /* may follow a WIDE_STOP */
    OPENER = 1 << 10,     /* stands before the first word of what it opens */
    BULLET = 1 << 11,     /* begins an item of a list */
    LINE_BREAK = 1 << 12,
};

#define CODES 0x110000

/* The characters that are known, and what search/highlight says about passages in numbers. */
typedef struct {
    PyObject_HEAD
    PyObject *ask;     /* the bits of a character, without KNOWN */
    uint16_t *classes; /* of every code point; 0: not asked yet */
    uint64_t *titles;  /* each packed into 8 bytes */
    Py_ssize_t title_count;
    Py_ssize_t reach, marks_per_group, tried, max_length, max_sentence, behind, before, least_repeated;
    double seen, cut, tall, in_heading; /* `tall`: of a sentence that is too long */
    double *repeats; /* the factor for one mark of a group, two, three... */
    int counted;     /* how many factors there are */
} Chooser;

/* A text, in either width, and whether asking for a character has failed: then no class is known any more. */
typedef struct {
    Chooser *chooser;
    const unsigned char *narrow; /* ASCII, or NULL */
    Py_UCS4 *wide;
    Py_ssize_t length;
    int failed;
} Text;

typedef struct {
    Py_ssize_t start, end;
} Span;

typedef struct {
    Py_ssize_t start, end;
    int cut_start, cut_end;
} Passage;

unsigned ask_class(Text *text, Py_UCS4 code);
/* 0, or -1 with an exception. The text must be given back. */
int take_text(Chooser *chooser, PyObject *string, Text *text);
void give_back_text(Text *text);

static inline Py_UCS4 code_at(const Text *text, Py_ssize_t at) {
    return text->narrow ? text->narrow[at] : text->wide[at];
}

static inline unsigned class_at(Text *text, Py_ssize_t at) {
    Py_UCS4 code = code_at(text, at);
    unsigned known = text->chooser->classes[code];
    return known ? known : ask_class(text, code);
}

/* The twins of search/highlight/sentences.py and layout.py; FAR_AWAY is their None. */
#define FAR_AWAY (-1)

Py_ssize_t sentence_start(Text *text, Py_ssize_t place, Py_ssize_t floor);
Py_ssize_t sentence_end(Text *text, Py_ssize_t place, Py_ssize_t ceiling);
Py_ssize_t stripped(Text *text, Py_ssize_t place, Py_ssize_t end);
Passage filled(Text *text, Py_ssize_t left, Py_ssize_t right, Span block, Span room);
Passage torn(Text *text, Span shown, Span block, Span room, Py_ssize_t left, Py_ssize_t right);

static inline Py_ssize_t smaller(Py_ssize_t one, Py_ssize_t other) {
    return one < other ? one : other;
}

static inline Py_ssize_t larger(Py_ssize_t one, Py_ssize_t other) {
    return one > other ? one : other;
}

#endif
