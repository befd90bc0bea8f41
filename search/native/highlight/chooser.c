/* The type PassageChooser: takes what Python hands over, and gives back the passages. */

#include "windows.h"

#include <string.h>

#define MOST_MARKS 100000000
#define MOST 1000000 /* of any number among the rules */

/* The rules */

static int take_titles(Chooser *chooser, PyObject *titles) {
    Py_ssize_t count = PySequence_Size(titles);
    if (count < 0 || !(chooser->titles = PyMem_Calloc((size_t)count + 1, sizeof *chooser->titles)))
        return count < 0 ? -1 : (PyErr_NoMemory(), -1);
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *title = PySequence_GetItem(titles, index);
        Py_ssize_t length;
        const char *text = title ? PyUnicode_AsUTF8AndSize(title, &length) : NULL;
        if (text && (length < 1 || length > 8))
            PyErr_SetString(PyExc_ValueError, "a title has one to eight bytes");
        for (Py_ssize_t at = 0; text && at < length; at++)
            chooser->titles[index] = chooser->titles[index] << 8 | (unsigned char)text[at];
        Py_XDECREF(title);
        if (PyErr_Occurred())
            return -1;
    }
    chooser->title_count = count;
    return 0;
}

static int take_repeats(Chooser *chooser, PyObject *repeats) {
    Py_ssize_t count = PySequence_Size(repeats);
    if (count < 0)
        return -1;
    if (count < 1 || count > MAX_COUNTED) {
        PyErr_Format(PyExc_ValueError, "there are 1 to %d factors for repeated marks", MAX_COUNTED);
        return -1;
    }
    if (!(chooser->repeats = PyMem_Calloc((size_t)count, sizeof *chooser->repeats))) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *factor = PySequence_GetItem(repeats, index);
        chooser->repeats[index] = factor ? PyFloat_AsDouble(factor) : 0.0;
        Py_XDECREF(factor);
        if (PyErr_Occurred())
            return -1;
    }
    chooser->counted = (int)count;
    return 0;
}

static int take_rules(Chooser *chooser, PyObject *args) {
    PyObject *ask, *titles, *repeats;
    if (!PyArg_ParseTuple(args, "OOO(nnnnnnnn)(dddd)", &ask, &titles, &repeats, &chooser->reach,
                          &chooser->marks_per_group, &chooser->tried, &chooser->max_length, &chooser->max_sentence,
                          &chooser->behind, &chooser->before, &chooser->least_repeated, &chooser->seen, &chooser->cut, &chooser->tall,
                          &chooser->in_heading))
        return -1;
    const Py_ssize_t numbers[] = {chooser->reach,        chooser->marks_per_group, chooser->tried, chooser->max_length,
                                  chooser->max_sentence, chooser->behind,          chooser->before, chooser->least_repeated};
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        if (numbers[index] < 1 || numbers[index] > MOST) {
            PyErr_Format(PyExc_ValueError, "the rules are numbers from 1 to %d", MOST);
            return -1;
        }
    if (!(chooser->classes = PyMem_Calloc(CODES, sizeof *chooser->classes))) {
        PyErr_NoMemory();
        return -1;
    }
    chooser->ask = Py_NewRef(ask);
    return take_titles(chooser, titles) < 0 ? -1 : take_repeats(chooser, repeats);
}

static PyObject *chooser_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Chooser *chooser = (Chooser *)allocate(type, 0);
    (void)kwargs;
    if (chooser && take_rules(chooser, args) < 0)
        Py_CLEAR(chooser);
    return (PyObject *)chooser;
}

static void chooser_dealloc(Chooser *chooser) {
    Py_XDECREF(chooser->ask);
    PyMem_Free(chooser->classes);
    PyMem_Free(chooser->titles);
    PyMem_Free(chooser->repeats);
    free_instance(chooser);
}

/* One choice */

static int take_span(PyObject *span, int items, Py_ssize_t *numbers) {
    if (!PyTuple_Check(span) || PyTuple_Size(span) != items) {
        PyErr_Format(PyExc_TypeError, "a tuple of %d numbers is needed here", items);
        return -1;
    }
    for (int item = 0; item < items; item++) {
        numbers[item] = PyLong_AsSsize_t(PyTuple_GetItem(span, item));
        if (numbers[item] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int take_marks(Choice *choice, PyObject *marks, uint32_t *highest) {
    Py_ssize_t length = choice->text.length, before = 0;
    for (Py_ssize_t index = 0; index < choice->mark_count; index++) {
        PyObject *mark = PyList_GetItem(marks, index);
        Py_ssize_t numbers[3];
        if (!mark || take_span(mark, 3, numbers) < 0)
            return -1;
        if (numbers[0] < before || numbers[1] < numbers[0] || numbers[1] > length) {
            PyErr_SetString(PyExc_ValueError, "marks are in the text, and ordered by position");
            return -1;
        }
        if (numbers[2] < 0 || numbers[2] > MAX_GROUP) {
            PyErr_Format(PyExc_ValueError, "the groups of marks are numbered from 0 to %d", MAX_GROUP);
            return -1;
        }
        before = numbers[0];
        choice->marks[index] = (Mark){numbers[0], numbers[1], (uint32_t)numbers[2]};
        *highest = (uint32_t)numbers[2] > *highest ? (uint32_t)numbers[2] : *highest;
    }
    return 0;
}

/* Numbers the groups in the order of their first marks. */
static void number_groups(Choice *choice, uint32_t *numbers) {
    for (Py_ssize_t index = 0; index < choice->mark_count; index++) {
        uint32_t *number = &numbers[choice->marks[index].group];
        if (!*number)
            *number = ++choice->groups;
        choice->marks[index].group = *number - 1;
    }
}

static int take_weights(Choice *choice, PyObject *weights, const uint32_t *numbers, uint32_t highest) {
    for (uint32_t group = 0; group <= highest; group++) {
        if (!numbers[group])
            continue;
        PyObject *key = PyLong_FromUnsignedLong(group);
        PyObject *weight = key ? PyObject_GetItem(weights, key) : NULL;
        if (weight)
            choice->weights[numbers[group] - 1] = PyFloat_AsDouble(weight);
        Py_XDECREF(key);
        Py_XDECREF(weight);
        if (PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int take_titled(Choice *choice, PyObject *titled, const uint32_t *numbers, uint32_t highest) {
    PyObject *rows = PyObject_GetIter(titled), *row;
    while (rows && (row = PyIter_Next(rows))) {
        Py_ssize_t group = PyLong_AsSsize_t(row);
        Py_DECREF(row);
        if (group >= 0 && group <= (Py_ssize_t)highest && numbers[group])
            choice->titled[numbers[group] - 1] = 1;
        if (PyErr_Occurred())
            break;
    }
    Py_XDECREF(rows);
    return PyErr_Occurred() ? -1 : 0;
}

static int take_headings(Choice *choice, PyObject *headings) {
    PyObject *rows = PyObject_GetIter(headings), *row;
    while (rows && (row = PyIter_Next(rows))) {
        Py_ssize_t span[2];
        if (take_span(row, 2, span) == 0)
            mark_headings(choice, span[0], span[1]);
        Py_DECREF(row);
        if (PyErr_Occurred())
            break;
    }
    Py_XDECREF(rows);
    return PyErr_Occurred() ? -1 : 0;
}

/* An array of zeros, freed with the choice; NULL with an exception. */
static void *room(Choice *choice, size_t count, size_t size) {
    void *items = PyMem_Calloc(count ? count : 1, size);
    if (!items)
        PyErr_NoMemory();
    else
        choice->rooms[choice->room_count++] = items;
    return items;
}

static int make_group_rooms(Choice *choice) {
    size_t groups = choice->groups, column = (size_t)choice->rules->counted + 1;
    choice->words = (groups + GROUPS_A_WORD - 1) / GROUPS_A_WORD;
    return (choice->weights = room(choice, groups, sizeof(double))) &&
                   (choice->shown = room(choice, groups, 4)) &&
                   (choice->counts = room(choice, groups, 2 * sizeof(uint32_t))) &&
                   (choice->tables[0] = room(choice, groups * column, 2 * sizeof(double)))
               ? 0
               : -1;
}

/* Of each group only so many marks are considered. */
static int thin(Choice *choice) {
    size_t most = (size_t)choice->rules->marks_per_group, count = (size_t)choice->mark_count;
    choice->considered = choice->marks;
    choice->considered_count = choice->mark_count;
    if (count <= most)
        return 0;
    Mark *kept = room(choice, count < most * choice->groups ? count : most * choice->groups, sizeof(Mark));
    if (!kept)
        return -1;
    choice->considered = kept;
    for (const Mark *mark = choice->marks, *end = mark + count; mark < end; mark++)
        if (choice->counts[mark->group]++ < most)
            *kept++ = *mark;
    choice->considered_count = kept - choice->considered;
    memset(choice->counts, 0, choice->groups * sizeof *choice->counts);
    return 0;
}

static int make_window_rooms(Choice *choice) {
    size_t count = (size_t)choice->considered_count, slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    choice->slot_mask = slots - 1;
    return (choice->windows = room(choice, count, sizeof(Window))) &&
                   (choice->kinds = room(choice, count, sizeof(Kind))) &&
                   (choice->slots = room(choice, slots, sizeof(uint32_t))) &&
                   (choice->packed = room(choice, count + 1, choice->words * sizeof(uint64_t)))
               ? 0
               : -1;
}

static int prepare(Choice *choice, PyObject *marks, PyObject *weights, PyObject *headings, PyObject *titled,
                   Py_ssize_t limit) {
    uint32_t highest = 0, *numbers;
    if (choice->mark_count > MOST_MARKS) {
        PyErr_Format(PyExc_ValueError, "there are at most %d marks", MOST_MARKS);
        return -1;
    }
    if (!(choice->marks = room(choice, (size_t)choice->mark_count, sizeof(Mark))) ||
        take_marks(choice, marks, &highest) < 0 || !(numbers = room(choice, (size_t)highest + 1, sizeof(uint32_t))))
        return -1;
    number_groups(choice, numbers);
    if (make_group_rooms(choice) < 0 || thin(choice) < 0 || make_window_rooms(choice) < 0)
        return -1;
    choice->in_passages = choice->shown + choice->groups;
    choice->named = choice->in_passages + choice->groups;
    choice->titled = choice->named + choice->groups;
    choice->order = choice->counts + choice->groups;
    choice->tables[1] = choice->tables[0] + (size_t)choice->groups * ((size_t)choice->rules->counted + 1);
    if (take_weights(choice, weights, numbers, highest) < 0 || take_titled(choice, titled, numbers, highest) < 0)
        return -1;
    Py_ssize_t count = choice->considered_count, tried = choice->rules->tried;
    make_windows(choice, choice->packed + (size_t)count * choice->words,
                 limit < count / tried ? tried * (limit + 1) : count);
    return take_headings(choice, headings);
}

static PyObject *passages_of(const Choice *choice) {
    PyObject *rows = PyList_New(choice->chosen_count);
    for (Py_ssize_t index = 0; rows && index < choice->chosen_count; index++) {
        const Passage *passage = &choice->chosen[index].passage;
        PyObject *row = Py_BuildValue("(nnOO)", passage->start, passage->end, passage->cut_start ? Py_True : Py_False,
                                      passage->cut_end ? Py_True : Py_False);
        if (!row || PyList_SetItem(rows, index, row) < 0)
            Py_CLEAR(rows);
    }
    return rows;
}

PyDoc_STRVAR(best_doc,
             "best(text, marks, limit, weights, headings, titled) -> [(start, end, cut_start, cut_end), ...]\n\n"
             "See search.highlight.passages.best_passages. `marks` is a list of tuples.\n"
             "Raises ValueError for marks that are not in the text, not in order, or of groups beyond 65,535.");

static PyObject *chooser_best(Chooser *chooser, PyObject *args) {
    PyObject *text, *marks, *weights, *headings, *titled, *rows = NULL;
    Py_ssize_t limit;
    if (!PyArg_ParseTuple(args, "UO!nOOO", &text, &PyList_Type, &marks, &limit, &weights, &headings, &titled))
        return NULL;
    Choice choice = {.rules = chooser, .mark_count = PyList_Size(marks)};
    if (limit < 1 || !choice.mark_count)
        return PyList_New(0);
    if (take_text(chooser, text, &choice.text) == 0 &&
        prepare(&choice, marks, weights, headings, titled, limit) == 0 && choose(&choice, limit) == 0)
        rows = passages_of(&choice);
    give_back_text(&choice.text);
    PyMem_Free(choice.chosen);
    while (choice.room_count)
        PyMem_Free(choice.rooms[--choice.room_count]);
    return rows;
}

static PyMethodDef chooser_methods[] = {
    {"best", (PyCFunction)(void (*)(void))chooser_best, METH_VARARGS, best_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot chooser_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)chooser_new},
    {Py_tp_dealloc, (void *)(uintptr_t)chooser_dealloc},
    {Py_tp_methods, chooser_methods},
    {Py_tp_doc, "PassageChooser(ask, titles, repeats, lengths, factors): chooses passages by these rules; see\n"
                "search.highlight.passages."},
    {0, NULL},
};

static PyType_Spec chooser_spec = {
    .name = "search.native._kernel.PassageChooser",
    .basicsize = sizeof(Chooser),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = chooser_slots,
};

int add_chooser(PyObject *module) {
    return add_type(module, &chooser_spec);
}
