#include "storage/numbers.h"

#include "core/base/limits.h"

namespace nbo::storage {

template <typename Key>
void NumberTable<Key>::Set(uint32_t number, const Key& key, bool written) {
  std::unique_ptr<Key[]>& chunk = chunks_[number / kChunk];
  if (chunk == nullptr) chunk = std::make_unique<Key[]>(kChunk);
  chunk[number % kChunk] = key;
  entries_.emplace(key, Entry{number, written});
}

template <typename Key>
bool NumberTable<Key>::Load(uint32_t number, const Key& key) {
  absl::MutexLock lock(&mutex_);
  const uint32_t end = end_.load(std::memory_order_relaxed);
  // Ascending, as they lie on disk. Numbers between may be missing; a chunk of such ones must be there all the same.
  if (number < end || number >= max_count_ || key == Key() || entries_.contains(key)) return false;
  for (uint32_t chunk = end / kChunk; chunk < number / kChunk; ++chunk) {
    if (chunks_[chunk] == nullptr) chunks_[chunk] = std::make_unique<Key[]>(kChunk);
  }
  Set(number, key, /*written=*/true);
  end_.store(number + 1, std::memory_order_release);
  return true;
}

template <typename Key>
void NumberTable<Key>::NumbersOf(absl::Span<const Key* const> keys, uint32_t* numbers,
                                 std::vector<uint32_t>* unwritten) {
  bool missing = false;
  {
    absl::ReaderMutexLock lock(&mutex_);
    for (size_t i = 0; i < keys.size(); ++i) {
      auto entry = entries_.find(*keys[i]);
      numbers[i] = entry == entries_.end() ? kNoNumber : entry->second.number;
      missing |= numbers[i] == kNoNumber;
      if (numbers[i] != kNoNumber && !entry->second.written) unwritten->push_back(numbers[i]);
    }
  }
  if (!missing) return;
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (numbers[i] != kNoNumber || *keys[i] == Key()) continue;
    const uint32_t end = end_.load(std::memory_order_relaxed);
    auto entry = entries_.find(*keys[i]);  // another writer may have met it meanwhile
    if (entry == entries_.end()) {
      if (end == max_count_) continue;
      numbers[i] = end;
      Set(end, *keys[i], /*written=*/false);
      end_.store(end + 1, std::memory_order_release);
      unwritten->push_back(end);
    } else {
      numbers[i] = entry->second.number;
      if (!entry->second.written) unwritten->push_back(numbers[i]);
    }
  }
}

template <typename Key>
void NumberTable<Key>::MarkWritten(absl::Span<const uint32_t> numbers) {
  if (numbers.empty()) return;
  absl::MutexLock lock(&mutex_);
  for (uint32_t number : numbers) entries_.find(chunks_[number / kChunk][number % kChunk])->second.written = true;
}

template class NumberTable<uint64_t>;
template class NumberTable<std::string>;

Numbers::Numbers() : categories(static_cast<uint32_t>(kMaxCategories)), stores(static_cast<uint32_t>(kMaxStores)) {}

}  // namespace nbo::storage
