/* Set operations on sorted arrays of doc ids. */

#include "kernel.h"

PyMethodDef array_methods[] = {
    {NULL, NULL, 0, NULL},
};
