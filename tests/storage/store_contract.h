// The fixture of the contract of core's ports, held against every implementation.
#ifndef NBO_TESTS_STORAGE_STORE_CONTRACT_H_
#define NBO_TESTS_STORAGE_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "core/catalog/archive.h"
#include "core/ledger/memory.h"
#include "core/population/archive.h"
#include "core/profile/memory_store.h"
#include "core/propensity/archive.h"
#include "core/switches/archive.h"
#include "storage/storage.h"
#include "tests/storage/temp_directory.h"

namespace nbo {

// Whatever holds the ports.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual ProfileStore& profiles() = 0;
  virtual CatalogArchive& catalogs() = 0;
  virtual PopulationArchive& populations() = 0;
  virtual PropensityArchive& propensities() = 0;
  virtual SwitchArchive& switches() = 0;
  virtual LedgerStore& ledgers() = 0;
};

class InMemory : public Stores {
 public:
  ProfileStore& profiles() override { return profiles_; }
  CatalogArchive& catalogs() override { return catalogs_; }
  PopulationArchive& populations() override { return populations_; }
  PropensityArchive& propensities() override { return propensities_; }
  SwitchArchive& switches() override { return switches_; }
  LedgerStore& ledgers() override { return ledgers_; }

 private:
  MemoryLedgerStore ledgers_;
  MemorySwitchArchive switches_;
  MemoryPopulationArchive populations_;
  MemoryPropensityArchive propensities_;
  MemoryProfileStore profiles_;
  MemoryCatalogArchive catalogs_;
};

class OnRocks : public Stores {
 public:
  OnRocks() {
    storage::StorageOptions options;
    options.path = directory_.path();
    options.sync = false;
    options.block_cache_bytes = 8 << 20;
    auto opened = storage::OpenStorage(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    storage_ = *std::move(opened);
  }
  ProfileStore& profiles() override { return storage_->profiles(); }
  CatalogArchive& catalogs() override { return storage_->catalogs(); }
  PopulationArchive& populations() override { return storage_->populations(); }
  PropensityArchive& propensities() override { return storage_->propensities(); }
  SwitchArchive& switches() override { return storage_->switches(); }
  LedgerStore& ledgers() override { return storage_->ledgers(); }

 private:
  TempDirectory directory_;
  std::unique_ptr<storage::Storage> storage_;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Stores>()> make;
};
inline void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  StoreContract() : stores_(GetParam().make()), store_(stores_->profiles()) {}

  void WriteState(const std::string& customer, const CustomerState& state) {
    WriteGroup group;
    group.states.push_back({customer, &state});
    ASSERT_TRUE(store_.Write(group).ok());
  }

  std::unique_ptr<Stores> stores_;
  ProfileStore& store_;
};

}  // namespace nbo

#endif  // NBO_TESTS_STORAGE_STORE_CONTRACT_H_
