/* The kernel's own types: how each is added to the module, and how an instance ends. */

#include "kernel.h"

int add_type(PyObject *module, PyType_Spec *spec) {
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (!type)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

void free_instance(void *instance) {
    PyTypeObject *type = Py_TYPE((PyObject *)instance);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(instance);
    Py_DECREF(type); /* an instance of a type on the heap holds it */
}
