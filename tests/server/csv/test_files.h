// Files for tests.
#ifndef NBO_TESTS_SERVER_CSV_TEST_FILES_H_
#define NBO_TESTS_SERVER_CSV_TEST_FILES_H_

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace nbo {

// Writes a file into the test's own temporary directory and returns its path.
inline std::string WriteTestFile(const std::string& name, const std::string& content) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const std::string path = testing::TempDir() + info->test_suite_name() + "_" + info->name() + "_" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace nbo

#endif  // NBO_TESTS_SERVER_CSV_TEST_FILES_H_
