/* The MinHash of a text in ASCII: the twin of index.fingerprint. */

#include "kernel.h"

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

/* Lowers each of the minima to what its hash function gives for a feature. */
static void lower(uint32_t *minima, uint64_t feature) {
    uint64_t hash = mixed(feature);
    uint32_t low = (uint32_t)hash, high = (uint32_t)(hash >> 32);
    for (int number = 0; number < HASHES; number++) {
        uint32_t value = low * multipliers[number] + high;
        minima[number] = value < minima[number] ? value : minima[number];
    }
}

/* Lowers the minima to those of the pairs of successive words in lower case; gives the number of words. */
static Py_ssize_t read_words(const unsigned char *text, Py_ssize_t size, uint32_t *minima) {
    Py_ssize_t words = 0;
    uint64_t before = 0;
    uint32_t crc = 0xFFFFFFFFu;
    int inside = 0;
    for (Py_ssize_t at = 0; at <= size; at++) {
        unsigned char c = at < size ? text[at] : ' ';
        if (c >= 'A' && c <= 'Z')
            c += 32;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
            crc = crc_table[(crc ^ c) & 255] ^ (crc >> 8);
            inside = 1;
        } else if (inside) {
            uint32_t word = ~crc;
            if (words++)
                lower(minima, before << 32 | word);
            before = word;
            crc = 0xFFFFFFFFu;
            inside = 0;
        }
    }
    return words;
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
    return read_words((const unsigned char *)text, size, minima) < least ? PyLong_FromLong(0) : bits_of(minima);
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
    {"minhash", minhash, METH_VARARGS, "minhash(text, least): the 64-bit MinHash of a text in ASCII; 0 if it has fewer "
                                       "than `least` words"},
    {"minhash_of_words", minhash_of_words, METH_VARARGS, "minhash_of_words(hashes): that of words, from the CRC-32 of "
                                                         "each, an array of 32-bit numbers"},
    {NULL, NULL, 0, NULL},
};

int add_fingerprint(PyObject *module) {
    set_crc_table();
    set_multipliers();
    return PyModule_AddFunctions(module, methods);
}
