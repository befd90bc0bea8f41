/* The SimHash of a text in ASCII: the twin of index.fingerprint. */

#include "kernel.h"

#include <stdlib.h>

static uint32_t crc_table[256];

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

typedef struct {
    uint64_t *slots, mask, seed;
    int has_zero;
    uint64_t features, planes[32];  /* plane k has bit k of the votes for each of the 64 bits */
} Votes;

/* Counts a feature unless it was counted before. */
static void vote(Votes *self, uint64_t feature) {
    if (feature) {
        uint64_t slot = mixed(feature ^ self->seed) & self->mask;
        for (; self->slots[slot]; slot = (slot + 1) & self->mask)
            if (self->slots[slot] == feature)
                return;
        self->slots[slot] = feature;
    } else if (self->has_zero++)
        return;
    self->features++;
    uint64_t carry = mixed(feature);
    for (int plane = 0; carry && plane < 32; plane++) {
        uint64_t both = self->planes[plane] & carry;
        self->planes[plane] ^= carry;
        carry = both;
    }
}

static uint64_t majority(const Votes *self) {
    uint64_t found = 0;
    for (int bit = 0; bit < 64; bit++) {
        uint64_t votes = 0;
        for (int plane = 0; plane < 32; plane++)
            votes |= (self->planes[plane] >> bit & 1) << plane;
        found |= (uint64_t)(2 * votes > self->features) << bit;
    }
    return found;
}

/* The CRC-32 of each word in lower case; gives their number. */
static size_t hash_words(const unsigned char *text, size_t size, uint32_t *hashes) {
    size_t words = 0;
    uint32_t crc = 0xFFFFFFFFu;
    int inside = 0;
    for (size_t at = 0; at <= size; at++) {
        unsigned char c = at < size ? text[at] : ' ';
        if (c >= 'A' && c <= 'Z')
            c += 32;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
            crc = crc_table[(crc ^ c) & 255] ^ (crc >> 8);
            inside = 1;
        } else if (inside) {
            hashes[words++] = ~crc;
            crc = 0xFFFFFFFFu;
            inside = 0;
        }
    }
    return words;
}

static PyObject *simhash(PyObject *Py_UNUSED(module), PyObject *args) {
    const char *text;
    Py_ssize_t size, least;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "s#nK", &text, &size, &least, &seed))
        return NULL;
    Votes votes = {.mask = 63, .seed = seed};
    uint32_t *hashes = malloc(((size_t)size / 2 + 1) * sizeof *hashes);
    size_t words = hashes ? hash_words((const unsigned char *)text, (size_t)size, hashes) : 0;
    while (votes.mask < 2 * words)
        votes.mask = 2 * votes.mask + 1;
    votes.slots = hashes ? calloc(votes.mask + 1, sizeof *votes.slots) : NULL;
    if (votes.slots)
        for (size_t word = 1; word < words; word++)
            vote(&votes, (uint64_t)hashes[word - 1] << 32 | hashes[word]);
    int failed = !votes.slots;
    free(votes.slots);
    free(hashes);
    if (failed)
        return PyErr_NoMemory();
    return PyLong_FromUnsignedLongLong((Py_ssize_t)words < least ? 0 : majority(&votes));
}

static PyMethodDef methods[] = {
    {"simhash", simhash, METH_VARARGS, "simhash(text, least, seed): the SimHash of a text in ASCII; 0 if it has fewer "
                                       "than `least` words. `seed` does not change the result"},
    {NULL, NULL, 0, NULL},
};

int add_fingerprint(PyObject *module) {
    set_crc_table();
    return PyModule_AddFunctions(module, methods);
}
