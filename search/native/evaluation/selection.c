/* Selects the highest scores without sorting the rest. */

#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* Moves an item of a heap, whose root is the least, down to its place. */
static void sift(double *heap, Py_ssize_t size, Py_ssize_t at) {
    double moved = heap[at];
    for (;;) {
        Py_ssize_t child = 2 * at + 1;
        if (child >= size)
            break;
        if (child + 1 < size && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= moved)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/* Hits that may be among the highest, as they are found. */
typedef struct {
    double *heap; /* the highest values so far, `count` at most */
    Py_ssize_t held, count;
    int64_t *found;
    Py_ssize_t kept, room;
    double slack;
} Highest;

static double least_wanted(const Highest *own) {
    return own->held < own->count ? -1.0 : own->heap[0] - own->slack;
}

/* Keeps of what was found only what is still high enough. */
static void sift_found(Highest *own, const double *values) {
    double least = least_wanted(own);
    Py_ssize_t kept = 0;
    for (Py_ssize_t at = 0; at < own->kept; at++)
        if (values[own->found[at]] >= least)
            own->found[kept++] = own->found[at];
    own->kept = kept;
}

static int add_hit(Highest *own, const double *values, int64_t at) {
    double value = values[at];
    if (own->held < own->count) {
        own->heap[own->held++] = value;
        if (own->held == own->count)
            for (Py_ssize_t parent = own->count / 2; parent-- > 0;)
                sift(own->heap, own->count, parent);
    } else if (value > own->heap[0]) {
        own->heap[0] = value;
        sift(own->heap, own->count, 0);
    }
    if (own->kept == own->room)
        sift_found(own, values);
    if (own->kept > own->room / 2) {
        Py_ssize_t room = 2 * own->room;
        int64_t *larger = realloc(own->found, (size_t)room * sizeof *larger);
        if (!larger)
            return -1;
        own->found = larger;
        own->room = room;
    }
    own->found[own->kept++] = at;
    return 0;
}

static int find_highest(Highest *own, const double *values, const uint8_t *hits, Py_ssize_t size) {
    for (Py_ssize_t at = 0; at < size;) {
        uint64_t eight;
        if (size - at >= 8 && (memcpy(&eight, hits + at, 8), !eight)) {
            at += 8; /* few of all articles are hits */
            continue;
        }
        for (Py_ssize_t stop = size - at < 8 ? size : at + 8; at < stop; at++)
            if (hits[at] && values[at] >= least_wanted(own) && add_hit(own, values, at) < 0)
                return -1;
    }
    sift_found(own, values);
    return 0;
}

PyDoc_STRVAR(highest_doc,
             "highest(values, hits, count, slack) -> bytes of int64\n\n"
             "The indices, ascending, of the `count` hits with the highest values, and of all within `slack` of these.\n"
             "Values are float64 and not negative, hits are bytes.");

static PyObject *highest(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *value_object, *hit_object, *found = NULL;
    Highest own = {NULL, 0, 0, NULL, 0, 0, 0.0};
    Array values = {0}, hits = {0};
    if (!PyArg_ParseTuple(args, "OOnd", &value_object, &hit_object, &own.count, &own.slack))
        return NULL;
    if (take_array(value_object, &values, DOUBLE, 8, 0) < 0 || take_array(hit_object, &hits, UNSIGNED, 1, 0) < 0)
        goto done;
    if (values.items != hits.items || own.count <= 0) {
        PyErr_SetString(PyExc_ValueError, "values and hits do not fit together");
        goto done;
    }
    own.count = own.count < values.items ? own.count : values.items;
    own.room = 4 * own.count + 64;
    own.heap = malloc((size_t)(own.count + 1) * sizeof *own.heap);
    own.found = malloc((size_t)own.room * sizeof *own.found);
    int failed = !own.heap || !own.found;
    if (!failed && own.count) {
        Py_BEGIN_ALLOW_THREADS
        failed = find_highest(&own, values.view.buf, hits.view.buf, values.items);
        Py_END_ALLOW_THREADS
    }
    if (failed)
        PyErr_NoMemory();
    else
        found = PyBytes_FromStringAndSize((const char *)own.found, own.kept * (Py_ssize_t)sizeof *own.found);
done:
    free(own.heap);
    free(own.found);
    give_back(&values);
    give_back(&hits);
    return found;
}

/* Whether a total comes before another in the order of a facet: the greater one, of equal ones the first. */
static int comes_before(const int64_t *totals, int64_t one, int64_t other) {
    return totals[one] > totals[other] || (totals[one] == totals[other] && one < other);
}

/* Puts a number in its place among the foremost, which are in order; the last one gives way. */
static void place(const int64_t *totals, int64_t *foremost, Py_ssize_t *held, Py_ssize_t size, int64_t number) {
    Py_ssize_t at = *held < size ? (*held)++ : size - 1;
    for (; at > 0 && comes_before(totals, number, foremost[at - 1]); at--)
        foremost[at] = foremost[at - 1];
    foremost[at] = number;
}

PyDoc_STRVAR(foremost_doc, "foremost(totals, size) -> (bytes of int64, sum)\n\n"
                           "The numbers of the `size` highest totals (int64), in order, of equal ones the first; those\n"
                           "that are 0 are left out. And the sum of all totals.");

static PyObject *foremost(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *object, *answer = NULL;
    Py_ssize_t size, held = 0;
    int64_t sum = 0;
    Array totals = {0};
    if (!PyArg_ParseTuple(args, "On", &object, &size) || take_array(object, &totals, SIGNED, 8, 0) < 0)
        return NULL;
    size = size < 0 ? 0 : size < totals.items ? size : totals.items;
    int64_t *found = malloc((size_t)(size + 1) * sizeof *found);
    const int64_t *values = totals.view.buf;
    if (!found) {
        give_back(&totals);
        return PyErr_NoMemory();
    }
    for (Py_ssize_t at = 0; at < totals.items; at++) {
        sum += values[at];
        if (values[at] > 0 && size && (held < size || values[at] > values[found[size - 1]]))
            place(values, found, &held, size, at);
    }
    answer = Py_BuildValue("y#L", (const char *)found, held * (Py_ssize_t)sizeof *found, (long long)sum);
    free(found);
    give_back(&totals);
    return answer;
}

PyMethodDef selection_methods[] = {
    {"highest", highest, METH_VARARGS, highest_doc},
    {"foremost", foremost, METH_VARARGS, foremost_doc},
    {NULL, NULL, 0, NULL},
};
