// Faults of any kind at any moment, and power cuts among them: what was acknowledged stays, and the store comes back.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "tests/storage/faulty_store.h"

namespace nbo::storage {
namespace {

class RandomFaultsTest : public FaultyStoreTest {
 protected:
  FileFault DrawFault() {
    static constexpr const char* kParts[] = {"", ".log", ".sst", "MANIFEST", "CURRENT"};
    FileFault fault;
    fault.error = random_() % 2 == 0 ? rocksdb::IOStatus::NoSpace("disk") : rocksdb::IOStatus::IOError("read-only");
    fault.operations = 1 + static_cast<int>(random_() % kEveryFileOperation);
    fault.name_part = kParts[random_() % std::size(kParts)];
    return fault;
  }
  // Writes receipts with numbers of its own until told to stop, large enough for tables to be written among them.
  void WriteUntil(const std::atomic<bool>& stop, std::atomic<int>* next, std::set<int>* acknowledged) {
    while (!stop) {
      const int number = (*next)++;
      if (Record(number, /*lines=*/700).ok()) acknowledged->insert(number);
    }
  }
  void Sleep(int most_ms) { absl::SleepFor(absl::Milliseconds(random_() % static_cast<uint64_t>(most_ms))); }

  std::mt19937_64 random_;
};

TEST_F(RandomFaultsTest, KeepWhatWasAcknowledged) {
  const uint64_t seed = static_cast<uint64_t>(absl::ToUnixNanos(absl::Now()));
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  random_.seed(seed);
  std::atomic<int> next{0};
  std::set<int> acknowledged;
  for (int life = 0; life < 6; ++life) {
    const absl::Status opened = TryOpen(/*hold_back=*/random_() % 2 == 0);
    ASSERT_TRUE(opened.ok()) << life << ": " << opened;
    for (const int number : acknowledged) ASSERT_TRUE(Has(number)) << life;
    std::atomic<bool> stop{false};
    std::set<int> mine[2];
    std::thread writers[2];
    for (int i = 0; i < 2; ++i) writers[i] = std::thread([&, i] { WriteUntil(stop, &next, &mine[i]); });
    for (int fault = 0; fault < 6; ++fault) {
      Sleep(60);
      files_->Fail(DrawFault());
      Sleep(60);
      if (random_() % 4 != 0) files_->Heal();
    }
    const bool cut = random_() % 2 == 0;
    if (cut) files_->PowerOff();
    if (!cut) files_->Heal();
    // Without a fault every store comes back, whatever it went through.
    bool back = cut || Record(next++).ok();
    for (int attempt = 0; !back && attempt < 10'000; ++attempt) {
      absl::SleepFor(absl::Milliseconds(5));
      back = Record(next++).ok();
    }
    stop = true;
    for (std::thread& writer : writers) writer.join();
    acknowledged.insert(mine[0].begin(), mine[0].end());
    acknowledged.insert(mine[1].begin(), mine[1].end());
    ASSERT_TRUE(back) << life << ": " << storage_->GetWriteState().trouble;
    storage_.reset();
  }
  EXPECT_FALSE(acknowledged.empty());
}

}  // namespace
}  // namespace nbo::storage
