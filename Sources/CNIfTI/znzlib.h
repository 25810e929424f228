// libnifti's header includes <znzlib.h> although Debian keeps it in nifti/.
#include <nifti/znzlib.h>
