// RocksDB's own log, the file LOG in its directory. Private to storage/.
#ifndef NBO_STORAGE_ROCKS_LOG_H_
#define NBO_STORAGE_ROCKS_LOG_H_

#include <memory>
#include <string>

namespace rocksdb {
class Logger;
}

namespace nbo::storage {

// Appends to LOG, and begins a new one (the old becomes LOG.old) beyond 16 MB. Lines that cannot be written are
// dropped: RocksDB 7.8's own logger, as Debian builds it, ends the process at the second line that does not fit on a
// full disk.
std::shared_ptr<rocksdb::Logger> NewRocksLog(const std::string& directory);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_ROCKS_LOG_H_
