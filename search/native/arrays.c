/* Arrays that Python hands over, through the buffer protocol. */

#include <string.h>

#include "kernel.h"

int take_array(PyObject *object, Array *array, const char *kinds, Py_ssize_t width, int writable) {
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &array->view, flags) < 0)
        return -1;
    const char *format = array->view.format ? array->view.format : "B";
    int known = format[0] && !format[1] && strchr(kinds, format[0]);
    if (!known || (width && array->view.itemsize != width) || array->view.itemsize <= 0) {
        PyErr_Format(PyExc_TypeError, "an array of items %s of %zd bytes is not what the kernel reads here", format,
                     array->view.itemsize);
        give_back(array);
        return -1;
    }
    array->width = array->view.itemsize;
    array->items = array->view.len / array->width;
    return 0;
}

void give_back(Array *array) {
    if (array->view.obj)
        PyBuffer_Release(&array->view);
    memset(array, 0, sizeof *array);
}
