/* The MinHash of a text: the twin of index.fingerprint. */

#include "kernel.h"

#include <string.h>

#define HASHES 64

static uint32_t crc_table[256];
static uint32_t multipliers[HASHES];

static void set_crc_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = rest & 1 ? 0xEDB88320u ^ (rest >> 1) : rest >> 1;
        crc_table[byte] = rest;
    }
}

/* The finaliser of SplitMix64, with its increment. */
static uint64_t mixed(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static void set_multipliers(void) {
    for (uint64_t number = 0; number < HASHES; number++)
        multipliers[number] = (uint32_t)mixed(number) | 1;
}

/* Where the compiler and the C library can choose at run time: vectors of eight numbers, on processors that have them. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define VECTORS
#endif

/* Lowers each of the minima to what its hash function gives for a feature. */
VECTORS static void lower(uint32_t *minima, uint64_t feature) {
    uint64_t hash = mixed(feature);
    uint32_t low = (uint32_t)hash, high = (uint32_t)(hash >> 32);
    for (int number = 0; number < HASHES; number++) {
        uint32_t value = low * multipliers[number] + high;
        minima[number] = value < minima[number] ? value : minima[number];
    }
}

/* The words read so far, and the one that is being read. */
typedef struct {
    uint32_t *minima;
    Py_ssize_t words;
    uint64_t before;
    uint32_t crc;
    int inside;
} Reader;

static void end_word(Reader *reader) {
    if (!reader->inside)
        return;
    uint32_t word = ~reader->crc;
    if (reader->words++)
        lower(reader->minima, reader->before << 32 | word);
    reader->before = word;
    reader->crc = 0xFFFFFFFFu;
    reader->inside = 0;
}

static void read_bytes(Reader *reader, const unsigned char *bytes, int count) {
    for (int at = 0; at < count; at++)
        reader->crc = crc_table[(reader->crc ^ bytes[at]) & 255] ^ (reader->crc >> 8);
    reader->inside = 1;
}

/* The same for any text in UTF-8 whose case and width are folded, but for characters of four bytes: these end words,
   or make the result -1. `classes` has a byte for each character of three bytes at most: 1 for those of words, 2 for
   those that are a word each. */
static Py_ssize_t read_folded(const unsigned char *text, Py_ssize_t size, const unsigned char *classes,
                              int skips_four, uint32_t *minima) {
    Reader reader = {minima, 0, 0, 0xFFFFFFFFu, 0};
    Py_ssize_t at = 0;
    while (at < size) {
        unsigned char c = text[at];
        int count = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        if (at + count > size)
            break;
        if (count == 4 && !skips_four)
            return -1;
        uint32_t code = count == 1   ? c
                        : count == 2 ? (uint32_t)(c & 31) << 6 | (text[at + 1] & 63)
                        : count == 3 ? (uint32_t)(c & 15) << 12 | (text[at + 1] & 63) << 6 | (text[at + 2] & 63)
                                     : 0;
        int class = count == 4 ? 0 : classes[code];
        if (class != 1)
            end_word(&reader);
        if (class)
            read_bytes(&reader, text + at, count);
        if (class == 2)
            end_word(&reader);
        at += count;
    }
    end_word(&reader);
    return reader.words;
}

/* The length of the character of punctuation at a place, of those that are frequent and end a word in any form, or 0:
   U+00A0, the marks of quotations and dashes, of the euro, of paragraphs and degrees, and those of multiplication and
   division. */
static int break_at(const unsigned char *at, Py_ssize_t rest) {
    if (at[0] == 0xC2 && rest > 1)
        return strchr("\xA0\xA3\xA7\xA9\xAB\xAE\xB0\xB7\xBB", at[1]) ? 2 : 0;
    if (at[0] == 0xC3 && rest > 1)
        return at[1] == 0x97 || at[1] == 0xB7 ? 2 : 0;
    if (at[0] != 0xE2 || rest < 3)
        return 0;
    if (at[1] == 0x80)
        return at[2] >= 0x90 && at[2] <= 0xA7 && at[2] != 0x97 ? 3 : 0;
    return at[1] == 0x82 && at[2] == 0xAC ? 3 : 0;
}

/* Reads a letter of Latin-1 in lower case; 0 if it is none. */
static int read_letter(Reader *reader, const unsigned char *at, Py_ssize_t rest) {
    if (at[0] != 0xC3 || rest < 2)
        return 0;
    unsigned char lower_case[] = {0xC3, at[1] < 0x9F ? at[1] + 0x20 : at[1]};
    read_bytes(reader, at[1] == 0x9F ? (const unsigned char *)"ss" : lower_case, 2);
    return 2;
}

/* Lowers the minima to those of the pairs of successive words in lower case; gives the number of words, or -1 if there
   are other characters than those of ASCII, the letters of Latin-1, and frequent punctuation. */
static Py_ssize_t read_words(const unsigned char *text, Py_ssize_t size, uint32_t *minima) {
    Reader reader = {minima, 0, 0, 0xFFFFFFFFu, 0};
    for (Py_ssize_t at = 0; at < size; at++) {
        unsigned char c = text[at];
        if (c >= 'A' && c <= 'Z')
            c += 32;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
            read_bytes(&reader, &c, 1);
        } else if (c < 0x80) {
            end_word(&reader);
        } else {
            int length = break_at(text + at, size - at);
            if (length)
                end_word(&reader);
            else if (!(length = read_letter(&reader, text + at, size - at)))
                return -1;
            at += length - 1;
        }
    }
    end_word(&reader);
    return reader.words;
}

static void begin(uint32_t *minima) {
    for (int number = 0; number < HASHES; number++)
        minima[number] = UINT32_MAX;
}

/* One bit of each least value. */
static PyObject *bits_of(const uint32_t *minima) {
    uint64_t found = 0;
    for (int number = 0; number < HASHES; number++)
        found |= (uint64_t)(minima[number] * 0x9E3779B1u >> 31) << number;
    return PyLong_FromUnsignedLongLong(found);
}

static PyObject *minhash(PyObject *Py_UNUSED(module), PyObject *args) {
    const char *text;
    Py_ssize_t size, least;
    if (!PyArg_ParseTuple(args, "s#n", &text, &size, &least))
        return NULL;
    uint32_t minima[HASHES];
    begin(minima);
    Py_ssize_t words = read_words((const unsigned char *)text, size, minima);
    if (words < 0)
        return Py_NewRef(Py_None);
    return words < least ? PyLong_FromLong(0) : bits_of(minima);
}

static PyObject *minhash_folded(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer text, classes;
    Py_ssize_t least;
    int skips_four;
    if (!PyArg_ParseTuple(args, "y*ny*p", &text, &least, &classes, &skips_four))
        return NULL;
    PyObject *result = NULL;
    if (classes.len < 0x10000) {
        PyErr_SetString(PyExc_ValueError, "classes must have 65,536 bytes");
    } else {
        uint32_t minima[HASHES];
        begin(minima);
        Py_ssize_t words = read_folded(text.buf, text.len, classes.buf, skips_four, minima);
        result = words < 0 ? Py_NewRef(Py_None) : words < least ? PyLong_FromLong(0) : bits_of(minima);
    }
    PyBuffer_Release(&text);
    PyBuffer_Release(&classes);
    return result;
}

static PyObject *minhash_of_words(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer words;
    if (!PyArg_ParseTuple(args, "y*", &words))
        return NULL;
    const uint32_t *hashes = words.buf;
    uint32_t minima[HASHES];
    begin(minima);
    for (Py_ssize_t word = 1; word < words.len / 4; word++)
        lower(minima, (uint64_t)hashes[word - 1] << 32 | hashes[word]);
    PyBuffer_Release(&words);
    return bits_of(minima);
}

static PyMethodDef methods[] = {
    {"minhash", minhash, METH_VARARGS, "minhash(text, least): the 64-bit MinHash of a text of Latin letters in "
                                       "composed form; 0 if it has fewer than `least` words; None if it has other "
                                       "characters"},
    {"minhash_folded", minhash_folded, METH_VARARGS,
     "minhash_folded(text, least, classes, skips_four): that of a text in UTF-8 whose case and width are folded; None "
     "if it has characters of four bytes, unless they are skipped"},
    {"minhash_of_words", minhash_of_words, METH_VARARGS, "minhash_of_words(hashes): that of words, from the CRC-32 of "
                                                         "each, an array of 32-bit numbers"},
    {NULL, NULL, 0, NULL},
};

int add_fingerprint(PyObject *module) {
    set_crc_table();
    set_multipliers();
    return PyModule_AddFunctions(module, methods);
}
