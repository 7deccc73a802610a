// The files of FaultyFileSystem: what is not synced lies in a HeldFile, the rest in the real file.
#ifndef NBO_TESTS_FAULTS_HELD_FILES_H_
#define NBO_TESTS_FAULTS_HELD_FILES_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "tests/faults/faulty_file_system.h"

namespace nbo {

// Appends to the held bytes; a sync writes them to the real file and syncs it. `owner` must outlive the file.
std::unique_ptr<rocksdb::FSWritableFile> NewHeldWritableFile(FaultyFileSystem* owner, std::string name,
                                                             std::unique_ptr<rocksdb::FSWritableFile> real,
                                                             std::shared_ptr<HeldFile> held);

// Read the real file and, behind its end, the held bytes, as the page cache would show them.
std::unique_ptr<rocksdb::FSSequentialFile> NewHeldSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> real,
                                                                 std::shared_ptr<HeldFile> held);
std::unique_ptr<rocksdb::FSRandomAccessFile> NewHeldRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> real,
                                                                     std::shared_ptr<HeldFile> held);

}  // namespace nbo

#endif  // NBO_TESTS_FAULTS_HELD_FILES_H_
