// The process's log: lines to standard error, as text or as JSON.
#ifndef NBO_SERVER_APP_LOGGING_H_
#define NBO_SERVER_APP_LOGGING_H_

#include <string>

namespace nbo::server {

// `level` is trace, debug, info, warn or error; `format` is text or json. Call once, before the first line.
void SetUpLogging(const std::string& level, const std::string& format);

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_LOGGING_H_
