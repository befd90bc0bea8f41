/* The functions of the compiled kernel: each file has its own table of methods, and module.c joins them. */

#ifndef BACKFILE_KERNEL_H
#define BACKFILE_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Added to the module, in the order of the files. */
extern PyMethodDef array_methods[];

#endif
