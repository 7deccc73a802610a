// Reads stores.file: which stores keep another time zone than the deployment.
#ifndef NBO_SERVER_CONFIG_STORE_ZONES_FILE_H_
#define NBO_SERVER_CONFIG_STORE_ZONES_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/store_zones.h"

namespace nbo::server {

// Reads a CSV file with the header store_id,time_zone, whole or not at all. An error says file:line, the store and the
// remedy.
absl::StatusOr<std::shared_ptr<const StoreZones>> ReadStoreZones(const std::string& path);

}  // namespace nbo::server

#endif  // NBO_SERVER_CONFIG_STORE_ZONES_FILE_H_
