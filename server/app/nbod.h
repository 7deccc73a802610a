// The program nbod, but for its main function.
#ifndef NBO_SERVER_APP_NBOD_H_
#define NBO_SERVER_APP_NBOD_H_

#include "server/app/app.h"

namespace nbo::server {

// Reads the settings, runs until SIGTERM or SIGINT, reloads the catalog on SIGHUP; the exit code of the process. Call
// it from main, before any thread is made.
int RunNbod(int argc, const char* const* argv, const Overrides& overrides);

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_NBOD_H_
