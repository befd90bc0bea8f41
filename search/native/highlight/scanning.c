/* Finds the fragments of a text that may hold words of a query: see search/highlight/numbered_scan.py.

   What is told apart here is only what needs no analysis: which characters no word can reach across, which can begin a
   word, and which runs of characters are exactly one word. Everything else is read by search.analysis, once for each
   spelling. */

#include "characters.h"
#include "scanning.h"
#include "word_starts.h"

#define MOST_JOINED 4 /* parts of a joined word that is a token too: MAX_JOINED in search/analysis/tokens.py */

static int report(Scan *scan, int64_t number, Py_ssize_t start, Py_ssize_t end) {
    if (scan->count == scan->room) {
        size_t room = scan->room ? scan->room * 2 : 64;
        Row *rows = PyMem_Realloc(scan->rows, room * sizeof *rows);
        if (!rows) {
            PyErr_NoMemory();
            return 0;
        }
        scan->rows = rows;
        scan->room = room;
    }
    scan->rows[scan->count++] = (Row){number, start, end, scan->position};
    return 1;
}

static int is_wide_first(const Scan *scan, uint32_t code) {
    if (scan->any_wide || scan->no_wide)
        return scan->any_wide;
    for (size_t at = code % FIRST_SLOTS; scan->slots[at]; at = (at + 1) % FIRST_SLOTS)
        if (scan->slots[at] == code)
            return 1;
    return 0;
}

static int may_begin(const Scan *scan, uint32_t code) {
    return code >= PLAIN_END || ((const unsigned char *)scan->firsts.buf)[code];
}

/* A fragment without delimiters: where it lies, in bytes and in characters, and what it is made of. */
typedef struct {
    const unsigned char *at;
    size_t bytes;
    Py_ssize_t start, end;
    int has_join, has_run, has_other, is_ascii;
    int may_hold;    /* whether a part may begin a word that is looked for */
} Fragment;

/* Of Han, kana and Hangul every pair of neighbours is a token, and the last character by itself. */
static int report_pairs(Scan *scan, const unsigned char *at, Py_ssize_t start, Py_ssize_t count) {
    for (Py_ssize_t index = 0; index < count; index++, scan->position++) {
        int length;
        uint32_t code = decode(at, &length);
        if (is_wide_first(scan, code) &&
            !report(scan, PAIR, start + index, start + index + (index + 1 < count ? 2 : 1)))
            return 0;
        at += length;
    }
    return 1;
}

/* The fragment in a slot of the table: by its number if it may hold a word; if the slot is free, as an unknown one. */
static int report_slot(Scan *scan, const Slot *slot, Py_ssize_t start, Py_ssize_t end) {
    if (!slot->number)
        return report(scan, UNKNOWN, start, end);
    uint32_t number = slot->number - 1;
    if ((Py_ssize_t)number >= scan->states.len || ((const unsigned char *)scan->states.buf)[number] != 1)
        if (!report(scan, number, start, end))
            return 0;
    if (scan->counts)
        scan->position += scan->table->positions[number];
    return 1;
}

/* A fragment as a whole: by its number, or as an unknown one. */
static int report_fragment(Scan *scan, const Fragment *fragment) {
    const Table *table = scan->table;
    if (fragment->end - fragment->start > LONGEST)
        return report(scan, UNKNOWN, fragment->start, fragment->end);
    unsigned char lowered[LONGEST_BYTES];
    const unsigned char *key = fragment->at;
    if (fragment->is_ascii && table->ignores_case) {
        for (size_t at = 0; at < fragment->bytes; at++)
            lowered[at] = key[at] >= 'A' && key[at] <= 'Z' ? key[at] | 0x20 : key[at];
        key = lowered;
    }
    uint64_t hash = hash_of(key, fragment->bytes, table->seed);
    return report_slot(scan, slot_of(table, key, fragment->bytes, hash), fragment->start, fragment->end);
}

/* A word of letters in ASCII. Most have at most eight: then neither they nor their key are looked at byte by byte. */
static int report_word(Scan *scan, const Fragment *word, const unsigned char *end) {
    const Table *table = scan->table;
    if (word->bytes > 8 || end - word->at < 8)
        return report_fragment(scan, word);
    uint64_t head;
    memcpy(&head, word->at, 8);
    if (table->ignores_case)
        head |= UINT64_C(0x2020202020202020); /* a digit has this bit too */
    if (word->bytes < 8)
        head &= (UINT64_C(1) << 8 * word->bytes) - 1;
    uint64_t hash = mixed(mixed(table->seed, word->bytes), head);
    return report_slot(scan, slot_of_head(table, word->at, word->bytes, head, hash), word->start, word->end);
}

static int read_letters(Scan *scan, const Fragment *fragment) {
    if (fragment->may_hold)
        return report_fragment(scan, fragment);
    scan->position++;
    return 1;
}

/* Letters and digits beside unspaced characters are cut apart from them, by UNSPACED_RUN. */
static int read_mixed(Scan *scan, const Fragment *fragment) {
    const unsigned char *at = fragment->at, *stop = at + fragment->bytes;
    Py_ssize_t start = fragment->start;
    while (at < stop) {
        int length;
        uint32_t code = decode(at, &length);
        int kind = kind_of(code);
        Fragment part = {at, 0, start, start, 0, 0, 0, 1, kind == LETTER && may_begin(scan, code)};
        do {
            part.is_ascii &= code < 0x80;
            part.bytes += (size_t)length;
            part.end++;
            if (at + part.bytes >= stop)
                break;
            code = decode(at + part.bytes, &length);
        } while (kind_of(code) == kind);
        if (!(kind == RUN ? report_pairs(scan, at, start, part.end - start) : read_letters(scan, &part)))
            return 0;
        at += part.bytes;
        start = part.end;
    }
    return 1;
}

static int is_between(unsigned char byte) {
    return byte == '-' || byte == '/' || byte == '&' || byte == '_';
}

/* The end of the run of letters that begins at an index of the text. */
static size_t end_of_run(const unsigned char *text, size_t at, size_t size) {
    while (at < size && byte_kinds[text[at]] == LETTER)
        at++;
    return at;
}

/* Whether each word of a long fragment in ASCII that may be looked for is a run of letters, read by itself: addresses
   and file names. It is one chunk of more than MOST_JOINED parts, so they are not joined to one more token; and no such
   run is part of a number (3.14), of initials (U.S.), or the s of a possessive. */
static int is_address(const Scan *scan, const Fragment *fragment) {
    const unsigned char *text = fragment->at;
    size_t size = fragment->bytes;
    int parts = 0;
    for (size_t start = 0, stop; start < size; start = stop + 1) {
        stop = end_of_run(text, start, size);
        if (stop == start || (stop < size && text[stop] == ','))
            return 0; /* two joins in a row, or one that parts chunks */
        int is_word = text[start] > '9' && stop - start > 1 && !(start && text[start - 1] == '\'');
        int is_apart = (!start || is_between(text[start - 1])) && (stop == size || is_between(text[stop]));
        parts += is_word || is_apart;
        if (!is_word && !is_apart && may_begin(scan, text[start]))
            return 0;
    }
    return parts > MOST_JOINED;
}

static int read_parts(Scan *scan, const Fragment *fragment) {
    const unsigned char *text = fragment->at;
    for (size_t start = 0, stop; start < fragment->bytes; start = stop + 1) {
        stop = end_of_run(text, start, fragment->bytes);
        Fragment part = {text + start, stop - start, fragment->start + (Py_ssize_t)start,
                         fragment->start + (Py_ssize_t)stop, 0, 0, 0, 1, may_begin(scan, text[start])};
        if (!read_letters(scan, &part))
            return 0;
    }
    return 1;
}

/* A fragment in ASCII that is too long to be remembered, where positions are counted. They have to be read only if it is
   between two words. */
static int report_long(Scan *scan, const Fragment *fragment) {
    size_t count = scan->count;
    Py_ssize_t position = scan->position;
    int bare = !fragment->may_hold;
    if (!bare && is_address(scan, fragment)) {
        if (!read_parts(scan, fragment))
            return 0;
        bare = scan->count == count;
        scan->count = count;
        scan->position = position;
    }
    return report(scan, bare ? BARE : UNKNOWN, fragment->start, fragment->end);
}

static int read_fragment(Scan *scan, const Fragment *fragment) {
    int is_long = fragment->end - fragment->start > LONGEST;
    if (fragment->is_ascii && !scan->counts) { /* no other character of ASCII than `_` is one of the others */
        if (!fragment->may_hold)
            return 1;
        if (is_long && is_address(scan, fragment))
            return read_parts(scan, fragment);
    }
    if (is_long && fragment->is_ascii && fragment->has_join && scan->counts)
        return report_long(scan, fragment);
    if (fragment->has_other || (fragment->has_run && fragment->has_join))
        return report_fragment(scan, fragment);
    if (fragment->has_run)
        return read_mixed(scan, fragment);
    if (!fragment->has_join)
        return read_letters(scan, fragment);
    /* Every token begins where a run of letters begins. How many positions they take, analysis knows. */
    return fragment->may_hold || scan->counts ? report_fragment(scan, fragment) : 1;
}

/* The end of a fragment of letters in ASCII that begins here, most often a word between two spaces; 0 if it is not
   such. A mark behind it is skipped as what joins nothing. */
static size_t plain_word(const unsigned char *text, size_t at, size_t size) {
    size_t stop = end_of_run(text, at, size), next = stop;
    if (next < size && byte_kinds[text[next]] == JOIN)
        next++;
    return next == size || byte_kinds[text[next]] == DELIMITER ? stop : 0;
}

/* Passes over fragments in which no word can begin that is looked for. Gives where the next one begins, and counts the
   characters up to there: all that is passed over is ASCII. */
static size_t next_fragment(const Scan *scan, WordStarts *words, size_t at, Py_ssize_t *character) {
    size_t found = next_start(words, scan->firsts.buf, at), begin = found;
    while (begin > at && byte_kinds[words->text[begin - 1]] != DELIMITER)
        begin--;
    while (begin < found && byte_kinds[words->text[begin]] == JOIN)
        begin++;
    *character += (Py_ssize_t)(begin - at);
    return begin;
}

/* Cuts the text into fragments; joins at either end of one are part of no word. */
static int scan_bytes(Scan *scan, const unsigned char *text, size_t size) {
    size_t at = 0;
    Py_ssize_t character = 0;
    WordStarts words = {.text = text, .size = size, .base = size};
    while (at < size) {
        int length, kind;
        if (!scan->counts && (at = next_fragment(scan, &words, at, &character)) == size)
            break;
        uint32_t code = text[at] < 0x80 ? (length = 1, text[at]) : decode(text + at, &length);
        kind = kind_of(code);
        if (kind <= JOIN) {
            at += (size_t)length;
            character++;
            continue;
        }
        size_t stop = plain_word(text, at, size);
        if (stop) {
            Fragment word = {text + at, stop - at, character, character + (Py_ssize_t)(stop - at), 0, 0, 0, 1,
                             may_begin(scan, code)};
            if (word.may_hold && !report_word(scan, &word, text + size))
                return 0;
            scan->position += !word.may_hold;
            character = word.end;
            at = stop;
            continue;
        }
        Fragment fragment = {text + at, 0, character, character, 0, 0, 0, 1, 0};
        int joins = 0, before = JOIN;
        do {
            if (kind == JOIN) {
                joins = 1;
            } else {
                fragment.has_join |= joins;
                fragment.has_run |= kind == RUN;
                fragment.has_other |= kind == OTHER;
                if (kind == LETTER && before != LETTER)
                    fragment.may_hold |= may_begin(scan, code);
            }
            fragment.is_ascii &= code < 0x80;
            at += (size_t)length;
            character++;
            if (kind == LETTER) { /* most characters are letters in ASCII behind a letter: nothing changes */
                size_t first = at;
                at = end_of_run(text, at, size);
                character += (Py_ssize_t)(at - first);
            }
            if (kind != JOIN) {
                fragment.bytes = (size_t)(text + at - fragment.at);
                fragment.end = character;
            }
            before = kind;
            if (at >= size)
                break;
            code = text[at] < 0x80 ? (length = 1, text[at]) : decode(text + at, &length);
            kind = kind_of(code);
        } while (kind != DELIMITER);
        if (!read_fragment(scan, &fragment))
            return 0;
    }
    return 1;
}

int scan_text(Scan *scan, PyObject *text) {
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    scan->count = 0;
    scan->position = 0;
    return utf8 && scan_bytes(scan, (const unsigned char *)utf8, (size_t)size) ? 0 : -1;
}

static void fill_slots(Scan *scan, Py_ssize_t count) {
    memset(scan->slots, 0, sizeof scan->slots);
    for (Py_ssize_t index = 0; index < count; index++) {
        uint32_t code = PyUnicode_ReadChar(scan->wide, index);
        size_t at = code % FIRST_SLOTS;
        while (scan->slots[at] && scan->slots[at] != code)
            at = (at + 1) % FIRST_SLOTS;
        scan->slots[at] = code;
    }
}

int scan_begin(Scan *scan) {
    scan->no_wide = scan->any_wide = 0;
    if (scan->firsts.len < PLAIN_END) {
        PyErr_SetString(PyExc_ValueError, "firsts is too short");
        return -1;
    }
    if (scan->wide != Py_None && !PyUnicode_Check(scan->wide)) {
        PyErr_SetString(PyExc_TypeError, "wide is a str or None");
        return -1;
    }
    Py_ssize_t count = scan->wide == Py_None ? PY_SSIZE_T_MAX : PyUnicode_GetLength(scan->wide);
    scan->no_wide = count == 0;
    scan->any_wide = count > FIRST_SLOTS / 2; /* more than can be told apart here: all are reported */
    if (!scan->no_wide && !scan->any_wide)
        fill_slots(scan, count);
    return 0;
}

void scan_end(Scan *scan) {
    PyMem_Free(scan->rows);
    PyBuffer_Release(&scan->firsts);
    PyBuffer_Release(&scan->states);
}

const char scan_doc[] =
    "scan(text, firsts, wide, states, counts) -> [(number, start, end, position), ...]\n\n"
    "The fragments of a text that may hold a word that is looked for, in order, by characters.\n\n"
    "number: that of the fragment; -1 if it has none, -2 for a pair of unspaced characters (or one alone), and -3 for a\n"
    "long fragment that holds none of the words: it is there to be counted.\n"
    "position: how many positions stand before it, without those of fragments with the numbers -1 and -3.\n"
    "firsts: for each code below 0x530 a byte, 0 if no word that is looked for begins with that letter.\n"
    "wide: the other characters that such words begin with; None for any.\n"
    "states: for each number a byte, 1 if that fragment holds none of the words.\n"
    "counts: whether positions are needed; without, fragments that cannot hold a word are not counted.\n"
    "Raises UnicodeEncodeError for a text with lone surrogates.";

PyObject *fragments_scan(Table *table, PyObject *args) {
    PyObject *text, *found = NULL;
    Scan scan;
    if (!PyArg_ParseTuple(args, "Uy*Oy*p", &text, &scan.firsts, &scan.wide, &scan.states, &scan.counts))
        return NULL;
    scan.table = table;
    scan.rows = NULL;
    scan.count = scan.room = 0;
    if (!scan_begin(&scan) && !scan_text(&scan, text))
        found = PyList_New((Py_ssize_t)scan.count);
    for (size_t at = 0; found && at < scan.count; at++) {
        const Row *row = &scan.rows[at];
        PyObject *item = Py_BuildValue("(Lnnn)", (long long)row->number, row->start, row->end, row->position);
        if (!item || PyList_SetItem(found, (Py_ssize_t)at, item) < 0)
            Py_CLEAR(found);
    }
    scan_end(&scan);
    return found;
}
