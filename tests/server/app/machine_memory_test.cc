#include "server/app/machine_memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/storage/temp_directory.h"

namespace nbo::server {
namespace {

std::string FileWith(const TempDirectory& directory, const std::string& text) {
  const std::string path = directory.path() + "/memory.max";
  std::ofstream(path) << text;
  return path;
}

TEST(MachineMemory, AContainerMayCountOnItsLimitOnly) {
  const TempDirectory directory;
  EXPECT_EQ(MachineMemoryBytes(FileWith(directory, "67108864\n")), uint64_t{64} << 20);
}

TEST(MachineMemory, WithoutALimitItIsTheMachines) {
  const TempDirectory directory;
  const uint64_t machine = MachineMemoryBytes(directory.path() + "/missing");
  EXPECT_GT(machine, uint64_t{64} << 20);
  EXPECT_EQ(MachineMemoryBytes(FileWith(directory, "max\n")), machine);
  EXPECT_EQ(MachineMemoryBytes(FileWith(directory, "9223372036854771712\n")), machine);
}

TEST(MachineMemory, TheBlockCacheTakesASixteenthButNotTooLittle) {
  EXPECT_EQ(AutomaticBlockCacheBytes(uint64_t{16} << 30), uint64_t{1} << 30);
  EXPECT_EQ(AutomaticBlockCacheBytes(uint64_t{256} << 20), uint64_t{64} << 20);
}

}  // namespace
}  // namespace nbo::server
