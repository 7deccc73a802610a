// Small numbers for what states name again and again: the keys of categories and the ids of stores. A state on disk
// holds the numbers (storage/state_codec.cc), family `numbers` what they stand for. Private to storage/.
//
// A number is given when its key is first written, in order of arrival, and never changes. Until a batch that tells
// its meaning was written, every batch that uses the number tells it again: so whichever batch survives can be read,
// however many writers meet the same new key and whichever of them fails. A number that no batch brought to disk is
// given anew after a restart; what lies on disk cannot hold it.
#ifndef NBO_STORAGE_NUMBERS_H_
#define NBO_STORAGE_NUMBERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"

namespace nbo::storage {

inline constexpr uint32_t kNoNumber = ~uint32_t{0};

// Thread-safe. KeyOf takes no lock. Key() has no number.
template <typename Key>
class NumberTable {
 public:
  // Gives numbers below max_count.
  explicit NumberTable(uint32_t max_count)
      : max_count_(max_count), chunks_(std::make_unique<std::unique_ptr<Key[]>[]>(max_count / kChunk + 1)) {}

  // Takes in what was on disk. False if the number or the key is impossible or taken.
  bool Load(uint32_t number, const Key& key);

  // The key, or nullptr if the number stands for none.
  const Key* KeyOf(uint64_t number) const {
    if (number >= end_.load(std::memory_order_acquire)) return nullptr;
    const Key* key = &chunks_[number / kChunk][number % kChunk];
    return *key == Key() ? nullptr : key;
  }
  // All numbers are below.
  uint32_t end() const { return end_.load(std::memory_order_acquire); }

  // Fills numbers[i] with that of *keys[i], a new one if need be; kNoNumber if there is none left. Appends to
  // *unwritten those whose meaning has to be written along with whatever uses them.
  void NumbersOf(absl::Span<const Key* const> keys, uint32_t* numbers, std::vector<uint32_t>* unwritten);
  // Call after the batch was written that told their meaning.
  void MarkWritten(absl::Span<const uint32_t> numbers);

 private:
  static constexpr uint32_t kChunk = 1024;
  struct Entry {
    uint32_t number;
    bool written;
  };

  void Set(uint32_t number, const Key& key, bool written) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint32_t max_count_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Slots below end_ never change. Written under mutex_, before end_.
  std::unique_ptr<std::unique_ptr<Key[]>[]> chunks_;
  std::atomic<uint32_t> end_{0};
};

extern template class NumberTable<uint64_t>;
extern template class NumberTable<std::string>;

// What a batch has to tell: numbers, some perhaps more than once.
struct UnwrittenNumbers {
  std::vector<uint32_t> categories, stores;
};

struct Numbers {
  Numbers();

  NumberTable<uint64_t> categories;  // by CategoryKey
  NumberTable<std::string> stores;   // by store id
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_NUMBERS_H_
