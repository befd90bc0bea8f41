/* The table of the fragments of texts of one language, numbered from 0 in the order in which they were added. */

#include "characters.h"
#include "fragment_numbers.h"

static int grow_slots(Table *table) {
    size_t size = (table->mask + 1) * 2;
    Slot *slots = PyMem_Calloc(size, sizeof(Slot));
    if (!slots)
        return 0;
    for (size_t at = 0; at <= table->mask; at++) {
        if (!table->slots[at].number)
            continue;
        const Slot *slot = &table->slots[at];
        size_t to = (size_t)hash_of(table->arena + slot->place, slot->length, table->seed) & (size - 1);
        while (slots[to].number)
            to = (to + 1) & (size - 1);
        slots[to] = *slot;
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
    PyMem_Free(table->slots);
    PyMem_Free(table->arena);
    PyMem_Free(table->positions);
    free_instance(table);
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
    *slot = (Slot){head_of((const unsigned char *)key, (size_t)length), (uint32_t)(hash >> 32), table->count + 1,
                   (uint32_t)length, table->used};
    table->used += (size_t)length;
    table->positions[table->count] = positions;
    return PyLong_FromUnsignedLong(table->count++);
}

static PyMethodDef table_methods[] = {
    {"add", (PyCFunction)(void (*)(void))table_add, METH_VARARGS, add_doc},
    {"find", (PyCFunction)(void (*)(void))table_find, METH_VARARGS, find_doc},
    {"scan", (PyCFunction)(void (*)(void))fragments_scan, METH_VARARGS, scan_doc},
    {"marks", (PyCFunction)(void (*)(void))fragments_marks, METH_VARARGS, marks_doc},
    {"leading", (PyCFunction)(void (*)(void))fragments_leading, METH_VARARGS, leading_doc},
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

int add_fragment_numbers(PyObject *module) {
    fill_byte_kinds();
    return add_type(module, &table_spec);
}
