// How much memory this process may count on.
#ifndef NBO_SERVER_APP_MACHINE_MEMORY_H_
#define NBO_SERVER_APP_MACHINE_MEMORY_H_

#include <cstdint>
#include <string>

namespace nbo::server {

// The machine's memory in bytes, or the limit of the container (cgroup v2) if that is lower. `limit_path`: the file
// that holds that limit; one that is missing or says "max" limits nothing.
uint64_t MachineMemoryBytes(const std::string& limit_path = "/sys/fs/cgroup/memory.max");

// What the cache of data read from the disk takes if the settings name no size: a sixteenth of the memory, but 64 MB at
// least. The profile of a million customers takes about 700 MB.
uint64_t AutomaticBlockCacheBytes(uint64_t machine_memory_bytes);

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_MACHINE_MEMORY_H_
