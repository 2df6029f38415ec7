// All of it is inline.
#include "CScan.h"
