/* Finds the fragments of a text that may hold words of a query: see search/highlight/scanning.py, which explains how.

   What is told apart here is only what needs no analysis: which characters no word can reach across, which can begin a
   word, and which runs of characters are exactly one word. Everything else is read by search.analysis, once for each
   spelling. The rules of search/analysis/tokens.py that this relies on are named where they are used. */

#include "kernel.h"
#include <string.h>

#define LONGEST 40          /* characters of a remembered fragment, as in search/analysis/fragments.py */
#define LONGEST_BYTES (4 * LONGEST)
#define PLAIN_END 0x530     /* the letters below are the ones that `letter` knows */
#define FIRST_SLOTS 1024

/* What a character is. */
enum {
    DELIMITER, /* part of no word, and no word reaches across it */
    JOIN,      /* stands between the parts of a word: part of no token at its beginning */
    LETTER,    /* a letter or digit that is a word by itself, or with others of its kind */
    RUN,       /* Han, kana or Hangul: each pair is a token */
    OTHER,     /* anything else: only search.analysis knows */
};

/* Text in UTF-8, one character after the other */

static uint32_t decode(const unsigned char *at, int *length) {
    uint32_t first = at[0];
    if (first < 0x80) {
        *length = 1;
        return first;
    }
    if (first < 0xE0) {
        *length = 2;
        return (first & 0x1F) << 6 | (at[1] & 0x3F);
    }
    if (first < 0xF0) {
        *length = 3;
        return (first & 0x0F) << 12 | (uint32_t)(at[1] & 0x3F) << 6 | (at[2] & 0x3F);
    }
    *length = 4;
    return (first & 0x07) << 18 | (uint32_t)(at[1] & 0x3F) << 12 | (uint32_t)(at[2] & 0x3F) << 6 | (at[3] & 0x3F);
}

static unsigned char ascii_kinds[128];

static void fill_ascii_kinds(void) {
    for (int code = 0; code < 128; code++)
        ascii_kinds[code] = DELIMITER;
    for (int code = '0'; code <= '9'; code++)
        ascii_kinds[code] = LETTER;
    for (int code = 'a'; code <= 'z'; code++)
        ascii_kinds[code] = ascii_kinds[code - 'a' + 'A'] = LETTER;
    for (const char *join = "-'/&.,"; *join; join++)
        ascii_kinds[(unsigned char)*join] = JOIN;
    ascii_kinds['_'] = OTHER; /* a word character, but part of no token */
}

static int latin_kind(uint32_t code) {
    switch (code) {
    case 0xAA: case 0xAD: case 0xB2: case 0xB3: case 0xB5: case 0xB9: case 0xBA: case 0xBC: case 0xBD: case 0xBE:
        return OTHER; /* letters and digits by compatibility, and the soft hyphen */
    case 0xAB: case 0xBB:
        return DELIMITER;
    default:
        return code < 0xA0 ? OTHER : code < 0xC0 || code == 0xD7 || code == 0xF7 ? JOIN : LETTER;
    }
}

static int punctuation_kind(uint32_t code) {
    switch (code) {
    case 0x2014: case 0x2015: case 0x201C: case 0x201D: case 0x201E: case 0x2020: case 0x2021: case 0x2022: case 0x2026:
        return DELIMITER;
    default:
        return code >= 0x2010 && code <= 0x2027 ? JOIN : OTHER;
    }
}

static int wide_kind(uint32_t code) {
    if (code >= 0x3400)
        return (code <= 0x4DBF || (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3)) ? RUN
               : (code == 0xFF01 || code == 0xFF08 || code == 0xFF09 || code == 0xFF0C || code == 0xFF1A ||
                  code == 0xFF1B || code == 0xFF1F)
                   ? DELIMITER
                   : OTHER;
    if (code <= 0x3003 || (code >= 0x3008 && code <= 0x3011) || (code >= 0x3014 && code <= 0x301F) || code == 0x30FB)
        return DELIMITER;
    if (code == 0x3005 || (code >= 0x3041 && code <= 0x3096) || (code >= 0x30A1 && code <= 0x30FA) || code == 0x30FC)
        return RUN;
    return OTHER;
}

static int kind_of(uint32_t code) {
    if (code < 0x80)
        return ascii_kinds[code];
    if (code < 0x100)
        return latin_kind(code);
    if (code < 0x250)
        return LETTER;
    if (code >= 0x388 && code < 0x400) /* Greek letters without those that stand for others */
        return (code >= 0x391 && code <= 0x3A1) || (code >= 0x3A3 && code <= 0x3CE) ? LETTER : OTHER;
    if (code >= 0x400 && code < PLAIN_END)
        return code >= 0x482 && code <= 0x489 ? OTHER : LETTER;
    if (code >= 0x2000 && code < 0x2100)
        return punctuation_kind(code);
    return code >= 0x3000 && code < 0x10000 ? wide_kind(code) : OTHER;
}

/* The table: fragments, numbered from 0 */

typedef struct {
    uint64_t hash;
    uint32_t number; /* its own number + 1; 0 in a free slot */
    uint32_t length;
    size_t place; /* in the arena */
} Slot;

typedef struct {
    PyObject_HEAD
    Slot *slots;
    size_t mask;
    unsigned char *arena;
    size_t used, room;
    uint32_t *positions; /* of each number */
    uint32_t count, capacity;
    uint64_t seed;
    int ignores_case;
} Table;

static uint64_t hash_of(const unsigned char *key, size_t length, uint64_t seed) {
    uint64_t hash = seed ^ length;
    for (size_t at = 0; at < length; at++) {
        hash = (hash ^ key[at]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash;
}

static Slot *slot_of(const Table *table, const unsigned char *key, size_t length, uint64_t hash) {
    size_t at = (size_t)hash & table->mask;
    for (;; at = (at + 1) & table->mask) {
        Slot *slot = &table->slots[at];
        if (!slot->number)
            return slot;
        if (slot->hash == hash && slot->length == length && !memcmp(table->arena + slot->place, key, length))
            return slot;
    }
}

static int grow_slots(Table *table) {
    size_t size = (table->mask + 1) * 2;
    Slot *slots = PyMem_Calloc(size, sizeof(Slot));
    if (!slots)
        return 0;
    for (size_t at = 0; at <= table->mask; at++) {
        if (!table->slots[at].number)
            continue;
        size_t to = (size_t)table->slots[at].hash & (size - 1);
        while (slots[to].number)
            to = (to + 1) & (size - 1);
        slots[to] = table->slots[at];
    }
    PyMem_Free(table->slots);
    table->slots = slots;
    table->mask = size - 1;
    return 1;
}

static int make_room(Table *table, size_t length) {
    if (table->used + length > table->room) {
        size_t room = table->room * 2 + length;
        unsigned char *arena = PyMem_Realloc(table->arena, room);
        if (!arena)
            return 0;
        table->arena = arena;
        table->room = room;
    }
    if (table->count == table->capacity) {
        uint32_t capacity = table->capacity * 2;
        uint32_t *positions = PyMem_Realloc(table->positions, capacity * sizeof(uint32_t));
        if (!positions)
            return 0;
        table->positions = positions;
        table->capacity = capacity;
    }
    return (size_t)table->count * 2 < table->mask + 1 || grow_slots(table);
}

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    int ignores_case;
    static char *names[] = {"ignores_case", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "p", names, &ignores_case))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Table *table = (Table *)allocate(type, 0);
    if (!table)
        return NULL;
    PyObject *name = PyUnicode_FromString("FragmentNumbers"); /* the hash of a str is a secret of the process */
    if (!name) {
        Py_DECREF(table);
        return NULL;
    }
    table->seed = (uint64_t)PyObject_Hash(name) * UINT64_C(0xD6E8FEB86659FD93);
    Py_DECREF(name);
    table->ignores_case = ignores_case;
    table->mask = 1023;
    table->room = 4096;
    table->capacity = 256;
    table->slots = PyMem_Calloc(table->mask + 1, sizeof(Slot));
    table->arena = PyMem_Malloc(table->room);
    table->positions = PyMem_Malloc(table->capacity * sizeof(uint32_t));
    if (!table->slots || !table->arena || !table->positions) {
        Py_DECREF(table);
        return PyErr_NoMemory();
    }
    return (PyObject *)table;
}

static void table_dealloc(Table *table) {
    PyTypeObject *type = Py_TYPE((PyObject *)table);
    PyMem_Free(table->slots);
    PyMem_Free(table->arena);
    PyMem_Free(table->positions);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(table);
    Py_DECREF(type);
}

static Py_ssize_t table_length(PyObject *self) {
    return ((Table *)self)->count;
}

static Slot *asked_slot(const Table *table, const char *key, Py_ssize_t length, uint64_t *hash) {
    if (length > LONGEST_BYTES) {
        PyErr_SetString(PyExc_ValueError, "the fragment is too long");
        return NULL;
    }
    *hash = hash_of((const unsigned char *)key, (size_t)length, table->seed);
    return slot_of(table, (const unsigned char *)key, (size_t)length, *hash);
}

PyDoc_STRVAR(find_doc, "find(fragment) -> number or None");

static PyObject *table_find(Table *table, PyObject *args) {
    const char *key;
    Py_ssize_t length;
    uint64_t hash;
    if (!PyArg_ParseTuple(args, "s#", &key, &length))
        return NULL;
    const Slot *slot = asked_slot(table, key, length, &hash);
    if (!slot)
        return NULL;
    if (!slot->number)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLong(slot->number - 1);
}

PyDoc_STRVAR(add_doc, "add(fragment, positions) -> number\n\nNumbers a fragment that takes so many positions. One that is\n"
                      "in the table keeps its number. Where case is ignored, give it in lower case.");

static PyObject *table_add(Table *table, PyObject *args) {
    const char *key;
    Py_ssize_t length;
    unsigned int positions;
    uint64_t hash;
    if (!PyArg_ParseTuple(args, "s#I", &key, &length, &positions))
        return NULL;
    Slot *slot = asked_slot(table, key, length, &hash);
    if (!slot)
        return NULL;
    if (slot->number)
        return PyLong_FromUnsignedLong(slot->number - 1);
    if (table->count >= UINT32_MAX / 4 || !make_room(table, (size_t)length))
        return PyErr_NoMemory();
    slot = slot_of(table, (const unsigned char *)key, (size_t)length, hash);
    memcpy(table->arena + table->used, key, (size_t)length);
    *slot = (Slot){hash, table->count + 1, (uint32_t)length, table->used};
    table->used += (size_t)length;
    table->positions[table->count] = positions;
    return PyLong_FromUnsignedLong(table->count++);
}

/* One scan */

typedef struct {
    const Table *table;
    const unsigned char *firsts; /* PLAIN_END bytes: may a word that is looked for begin with this letter? */
    const unsigned char *states; /* of the numbers: 1 if the fragment holds no word that is looked for */
    Py_ssize_t known;            /* their length */
    uint32_t wide[FIRST_SLOTS];  /* the first characters of pairs that are looked for; 0 in a free slot */
    int any_wide, counts;        /* is every pair looked for; are positions counted */
    Py_ssize_t position;
    PyObject *found;
} Scan;

static int report(Scan *scan, long number, Py_ssize_t start, Py_ssize_t end) {
    PyObject *row = Py_BuildValue("(lnnn)", number, start, end, scan->position);
    if (!row)
        return 0;
    int failed = PyList_Append(scan->found, row);
    Py_DECREF(row);
    return !failed;
}

static int is_wide_first(const Scan *scan, uint32_t code) {
    if (scan->any_wide)
        return 1;
    for (size_t at = code % FIRST_SLOTS; scan->wide[at]; at = (at + 1) % FIRST_SLOTS)
        if (scan->wide[at] == code)
            return 1;
    return 0;
}

static int may_begin(const Scan *scan, uint32_t code) {
    return code >= PLAIN_END || scan->firsts[code];
}

/* A fragment without delimiters: where it lies, in bytes and in characters, and what it is made of. */
typedef struct {
    const unsigned char *at;
    size_t bytes;
    Py_ssize_t start, end;
    int has_join, has_run, has_other, is_ascii;
    uint32_t parts;  /* runs of letters */
    int may_hold;    /* whether a part may begin a word that is looked for */
} Fragment;

/* Of Han, kana and Hangul every pair of neighbours is a token, and the last character by itself. */
static int report_pairs(Scan *scan, const unsigned char *at, Py_ssize_t start, Py_ssize_t count) {
    for (Py_ssize_t index = 0; index < count; index++, scan->position++) {
        int length;
        uint32_t code = decode(at, &length);
        if (is_wide_first(scan, code) &&
            !report(scan, -2, start + index, start + index + (index + 1 < count ? 2 : 1)))
            return 0;
        at += length;
    }
    return 1;
}

/* A fragment as a whole: by its number, or as an unknown one. */
static int report_fragment(Scan *scan, const Fragment *fragment) {
    const Table *table = scan->table;
    if (fragment->end - fragment->start > LONGEST)
        return report(scan, -1, fragment->start, fragment->end);
    unsigned char lowered[LONGEST_BYTES];
    const unsigned char *key = fragment->at;
    if (fragment->is_ascii && table->ignores_case) {
        for (size_t at = 0; at < fragment->bytes; at++)
            lowered[at] = key[at] >= 'A' && key[at] <= 'Z' ? key[at] | 0x20 : key[at];
        key = lowered;
    }
    uint32_t number = slot_of(table, key, fragment->bytes, hash_of(key, fragment->bytes, table->seed))->number;
    if (!number)
        return report(scan, -1, fragment->start, fragment->end);
    number--;
    if ((Py_ssize_t)number >= scan->known || scan->states[number] != 1)
        if (!report(scan, (long)number, fragment->start, fragment->end))
            return 0;
    scan->position += table->positions[number];
    return 1;
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
        Fragment part = {at, 0, start, start, 0, 0, 0, 1, 1, kind == LETTER && may_begin(scan, code)};
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

static int read_fragment(Scan *scan, const Fragment *fragment) {
    if (fragment->has_other || (fragment->has_run && fragment->has_join))
        return report_fragment(scan, fragment);
    if (fragment->has_run)
        return read_mixed(scan, fragment);
    if (!fragment->has_join)
        return read_letters(scan, fragment);
    /* Every token begins where a run of letters begins. How many positions they take, analysis knows. */
    return fragment->may_hold || scan->counts ? report_fragment(scan, fragment) : 1;
}

/* Cuts the text into fragments; joins at either end of one are part of no word. */
static int scan_text(Scan *scan, const unsigned char *text, size_t size) {
    size_t at = 0;
    Py_ssize_t character = 0;
    while (at < size) {
        int length, kind;
        uint32_t code = text[at] < 0x80 ? (length = 1, text[at]) : decode(text + at, &length);
        kind = kind_of(code);
        if (kind <= JOIN) {
            at += (size_t)length;
            character++;
            continue;
        }
        Fragment fragment = {text + at, 0, character, character, 0, 0, 0, 1, 0, 0};
        int joins = 0, before = JOIN;
        do {
            if (kind == JOIN) {
                joins = 1;
            } else {
                fragment.has_join |= joins;
                fragment.has_run |= kind == RUN;
                fragment.has_other |= kind == OTHER;
                if (kind == LETTER && before != LETTER) {
                    fragment.parts++;
                    fragment.may_hold |= may_begin(scan, code);
                }
            }
            fragment.is_ascii &= code < 0x80;
            at += (size_t)length;
            character++;
            if (kind == LETTER) { /* most characters are letters in ASCII behind a letter: nothing changes */
                size_t first = at;
                while (at < size && text[at] < 0x80 && ascii_kinds[text[at]] == LETTER)
                    at++;
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

static int fill_wide(Scan *scan, PyObject *wide) {
    if (wide == Py_None) {
        scan->any_wide = 1;
        return 1;
    }
    Py_ssize_t count = PyUnicode_GetLength(wide);
    if (count < 0)
        return 0;
    if (count > FIRST_SLOTS / 2) {
        scan->any_wide = 1; /* more than can be told apart here: all are reported */
        return 1;
    }
    for (Py_ssize_t index = 0; index < count; index++) {
        uint32_t code = PyUnicode_ReadChar(wide, index);
        size_t at = code % FIRST_SLOTS;
        while (scan->wide[at] && scan->wide[at] != code)
            at = (at + 1) % FIRST_SLOTS;
        scan->wide[at] = code;
    }
    return 1;
}

PyDoc_STRVAR(scan_doc,
             "scan(text, firsts, wide, states, counts) -> [(number, start, end, position), ...]\n\n"
             "The fragments of a text that may hold a word that is looked for, in order, by characters.\n\n"
             "number: that of the fragment; -1 if it has none, and -2 for a pair of unspaced characters (or one alone).\n"
             "position: how many positions stand before it, without those of fragments with the number -1.\n"
             "firsts: for each code below 0x530 a byte, 0 if no word that is looked for begins with that letter.\n"
             "wide: the other characters that such words begin with; None for any.\n"
             "states: for each number a byte, 1 if that fragment holds none of the words.\n"
             "counts: whether positions are needed; without, fragments that cannot hold a word are not counted.\n"
             "Raises UnicodeEncodeError for a text with lone surrogates.");

static PyObject *table_scan(Table *table, PyObject *args) {
    PyObject *text, *wide;
    Py_buffer firsts, states;
    int counts;
    if (!PyArg_ParseTuple(args, "Uy*Oy*p", &text, &firsts, &wide, &states, &counts))
        return NULL;
    Scan scan = {.table = table, .firsts = firsts.buf, .states = states.buf, .known = states.len, .counts = counts};
    Py_ssize_t size = 0;
    const char *utf8 = NULL;
    if (firsts.len < PLAIN_END)
        PyErr_SetString(PyExc_ValueError, "firsts is too short");
    else if (wide != Py_None && !PyUnicode_Check(wide))
        PyErr_SetString(PyExc_TypeError, "wide is a str or None");
    else if (fill_wide(&scan, wide))
        utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8 && (scan.found = PyList_New(0)) && !scan_text(&scan, (const unsigned char *)utf8, (size_t)size))
        Py_CLEAR(scan.found);
    PyBuffer_Release(&firsts);
    PyBuffer_Release(&states);
    return scan.found;
}

static PyMethodDef table_methods[] = {
    {"add", (PyCFunction)(void (*)(void))table_add, METH_VARARGS, add_doc},
    {"find", (PyCFunction)(void (*)(void))table_find, METH_VARARGS, find_doc},
    {"scan", (PyCFunction)(void (*)(void))table_scan, METH_VARARGS, scan_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)table_new},
    {Py_tp_dealloc, (void *)(uintptr_t)table_dealloc},
    {Py_tp_methods, table_methods},
    {Py_sq_length, (void *)(uintptr_t)table_length},
    {Py_tp_doc, "The fragments of texts of one language, numbered in the order in which they were added."},
    {0, NULL},
};

static PyType_Spec table_spec = {
    .name = "search.native._kernel.FragmentNumbers",
    .basicsize = sizeof(Table),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = table_slots,
};

int add_text_types(PyObject *module) {
    fill_ascii_kinds();
    PyObject *type = PyType_FromModuleAndSpec(module, &table_spec, NULL);
    if (!type)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}
