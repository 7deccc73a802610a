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
  const rules::Value& NumberOf(NumberId id);

  const TermTable& table_;
  const rules::Activation& activation_;
  std::vector<uint8_t> memo_;
  std::vector<rules::Value> numbers_;  // null: not known yet
};

// Built once, immutable afterwards, shared by all threads.
class Index {
 public:
  // Adds a document with its terms, the most telling first. Numbers may be added in any order, each once.
  void Add(int32_t document, absl::Span<const TermId> terms);

  // To be called when everything was added, with the table that the terms are of, before it is finished.
  void Finish(const TermTable& table);

  // Calls visit(document) for every document that may match if `keys` are those found in the request: in order of
  // their numbers, each once. Most of those whose terms are not all true are left out, but not all: up to kFiltered
  // terms of each are asked.
  template <typename Visit>
  void ForEachCandidate(absl::Span<const AccessKey> keys, Truths* truths, Visit visit) const {
    std::vector<uint64_t> marks = Mark(keys, truths);
    for (size_t word = 0; word < marks.size(); ++word) {
      for (uint64_t left = marks[word]; left != 0; left &= left - 1) {
        visit(static_cast<int32_t>(word * 64 + __builtin_ctzll(left)));
      }
    }
    GiveBack(std::move(marks));
  }

  // Documents that are looked at in every request: none of their terms has keys.
  size_t always() const { return always_.size(); }
  // How many are looked at if these keys are found; one with several of them counts several times.
  size_t CountLookedAt(absl::Span<const AccessKey> keys) const;

 private:
  static constexpr int kFiltered = 3;
  // What is asked first lies in the posting list itself, so that those who fail there cost one line of cache for four.
  struct Posting {
    int32_t document;
    TermId terms[kFiltered];
  };
  struct Entry {
    Posting posting;
    int32_t begin, end;  // in terms_
  };

  // A bit for each candidate.
  std::vector<uint64_t> Mark(absl::Span<const AccessKey> keys, Truths* truths) const;
  static void MarkTrue(absl::Span<const Posting> postings, Truths* truths, std::vector<uint64_t>* marks);
  static void GiveBack(std::vector<uint64_t> marks);

  std::vector<Entry> entries_;  // until Finish
  std::vector<TermId> terms_;   // until Finish
  size_t words_ = 0;            // of marks
  std::vector<Posting> always_;
  std::vector<Posting> postings_;
  absl::flat_hash_map<AccessKey, std::pair<int32_t, int32_t>> lists_;  // ranges of postings_
};

// The keys that are found in a request.
std::vector<AccessKey> FindKeys(const TermTable& table, const rules::Activation& activation);

}  // namespace nbo::matching

#endif  // NBO_CORE_MATCHING_INDEX_H_
