// Which offers of one catalog have no budget left, for decisions: a bit for each, read without a lock.
#ifndef NBO_CORE_BUDGET_GAUGE_H_
#define NBO_CORE_BUDGET_GAUGE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nbo {

// Offers that have no budget left, by their position in one catalog: what a decision is given, for it to be a function
// of that. Plain.
class ExhaustedOffers {
 public:
  bool Has(size_t position) const {
    const size_t word = position / 64;
    return word < words_.size() && (words_[word] >> (position % 64) & 1) != 0;
  }
  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](uint64_t word) { return word == 0; });
  }
  void Add(size_t position) {
    if (words_.size() <= position / 64) words_.resize(position / 64 + 1);
    words_[position / 64] |= uint64_t{1} << (position % 64);
  }
  void Remove(size_t position) {
    if (Has(position)) words_[position / 64] &= ~(uint64_t{1} << (position % 64));
  }

 private:
  friend class BudgetGauge;
  std::vector<uint64_t> words_;  // what lies behind the last is not in it
};

// Thread-safe. A hint, and late by no more than the last BudgetBook::Expire: what counts is BudgetBook::TryReserve. The
// gauge of a catalog that is no longer in force stands still.
class BudgetGauge {
 public:
  explicit BudgetGauge(size_t offers) : words_((offers + 63) / 64) {}

  // Of the offer at a position in the catalog.
  bool IsExhausted(size_t position) const {
    return (words_[position / 64].load(std::memory_order_relaxed) >> (position % 64) & 1) != 0;
  }
  // All of them at one moment or nearly so.
  ExhaustedOffers Read() const {
    ExhaustedOffers exhausted;
    exhausted.words_.resize(words_.size());
    for (size_t i = 0; i < words_.size(); ++i) exhausted.words_[i] = words_[i].load(std::memory_order_relaxed);
    return exhausted;
  }
  // For the book, which sees to it that only one thread does so at a time.
  void Set(size_t position, bool exhausted) {
    const uint64_t bit = uint64_t{1} << (position % 64);
    if (exhausted) {
      words_[position / 64].fetch_or(bit, std::memory_order_relaxed);
    } else {
      words_[position / 64].fetch_and(~bit, std::memory_order_relaxed);
    }
  }

 private:
  std::vector<std::atomic<uint64_t>> words_;
};

}  // namespace nbo

#endif  // NBO_CORE_BUDGET_GAUGE_H_
