// Which documents may match a request, without looking at the others; and whether one does.
//
// A Boolean-expression index in the manner of Whang et al., "Indexing Boolean Expressions", VLDB 2009: posting lists by
// what a document cannot do without. Unlike theirs it keeps each document under one of its terms only, the one least
// likely to be found, and asks its other terms one by one: conditions stay as they were written, whatever their form.
#ifndef NBO_CORE_MATCHING_INDEX_H_
#define NBO_CORE_MATCHING_INDEX_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/matching/terms.h"

namespace nbo::matching {

// Built once, immutable afterwards, shared by all threads.
class Index {
 public:
  // Adds a document with its terms. Numbers may be added in any order, each once.
  void Add(int32_t document, absl::Span<const TermId> terms);

  // To be called when everything was added, with the finished table that the terms are of.
  void Finish(const TermTable& table);

  // Calls visit(document) for every document that may match if `keys` are those found in the request: in order of
  // their numbers, each once.
  template <typename Visit>
  void ForEachCandidate(absl::Span<const AccessKey> keys, Visit visit) const {
    std::vector<uint64_t> marks = Mark(keys);
    for (size_t word = 0; word < marks.size(); ++word) {
      for (uint64_t left = marks[word]; left != 0; left &= left - 1) {
        visit(static_cast<int32_t>(word * 64 + __builtin_ctzll(left)));
      }
    }
    GiveBack(std::move(marks));
  }

  // Documents that are always candidates: none of their terms has keys.
  int32_t always() const { return always_count_; }

 private:
  // A bit for each candidate.
  std::vector<uint64_t> Mark(absl::Span<const AccessKey> keys) const;
  static void GiveBack(std::vector<uint64_t> marks);

  struct Entry {
    int32_t document;
    int32_t begin, end;  // in terms_
  };
  std::vector<Entry> entries_;  // until Finish
  std::vector<TermId> terms_;   // until Finish
  int32_t always_count_ = 0;
  std::vector<uint64_t> always_;  // bits
  std::vector<int32_t> postings_;
  absl::flat_hash_map<AccessKey, std::pair<int32_t, int32_t>> lists_;  // ranges of postings_
};

// The keys that are found in a request.
std::vector<AccessKey> FindKeys(const TermTable& table, const rules::Activation& activation);

// The truth of terms in one request, each found out at most once, but for those that vary. Not thread-safe: one per
// request; `table` and `activation` must outlive it, and of the latter's slots only those that vary may change.
class Truths {
 public:
  Truths(const TermTable& table, const rules::Activation& activation);
  ~Truths();
  Truths(const Truths&) = delete;

  bool AllTrue(absl::Span<const TermId> terms) {
    for (const TermId term : terms) {
      if (Of(term) != kTrue) return false;
    }
    return true;
  }

 private:
  enum Truth : uint8_t { kUnknown, kFalse, kTrue, kError };
  Truth Of(TermId term) {
    const Truth known = static_cast<Truth>(memo_[term]);
    return known != kUnknown ? known : FindOut(term);
  }
  Truth FindOut(TermId id);
  Truth OfJunction(const Term& term);

  const TermTable& table_;
  const rules::Activation& activation_;
  std::vector<uint8_t> memo_;
};

}  // namespace nbo::matching

#endif  // NBO_CORE_MATCHING_INDEX_H_
