// The loops for any CPU: vectors of four, whatever the compiler makes of them.
#include "kernels.h"

#define LF_LANES 4
#define LF_TABLE lf_kernels_portable
#define LF_TABLE_NAME "portable"
#include "lanes/table.h"
