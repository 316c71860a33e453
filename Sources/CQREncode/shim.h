// The system's libqrencode, as Swift sees it.
#include <qrencode.h>
