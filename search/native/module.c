/* The module search.native._kernel: loops over arrays that numpy needs many calls for.

   It is written against the stable ABI of Python 3.11 and the buffer protocol, so that one wheel a platform serves
   every later Python, and numpy is not needed to compile it. */

#include "kernel.h"

/* What Python can call: the number goes up whenever a function comes, goes, or takes or returns something else.
   `search/native/__init__.py` uses no kernel of another number. */
#define KERNEL_VERSION 4

static int add_all(PyObject *module) {
    if (PyModule_AddFunctions(module, selection_methods) < 0 || PyModule_AddFunctions(module, counting_methods) < 0 ||
        PyModule_AddFunctions(module, inversion_methods) < 0 || PyModule_AddFunctions(module, snippet_methods) < 0 ||
        PyModule_AddFunctions(module, link_methods) < 0)
        return -1;
    if (add_type(module, &postings_spec) < 0 || add_fragments(module) < 0 || add_fingerprint(module) < 0 ||
        add_chooser(module) < 0 || add_markup(module) < 0)
        return -1;
    if (PyModule_AddIntConstant(module, "version", KERNEL_VERSION) < 0)
        return -1;
    return add_fragment_numbers(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_all},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_kernel",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernel(void) {
    return PyModuleDef_Init(&definition);
}
