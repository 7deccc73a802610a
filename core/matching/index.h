// Which documents match a request, without looking at most of the others.
//
// A Boolean-expression index in the manner of Whang et al., "Indexing Boolean Expressions", VLDB 2009: posting lists by
// what a document cannot do without. Unlike theirs it keeps each document under one of its terms only, the one least
// likely to be found, and asks its other terms one by one: conditions stay as they were written, whatever their form.
// Terms that many documents share are asked once for all of them: those that are not true strike out whole sets of
// documents, kept as bits, before any single one is looked at.
#ifndef NBO_CORE_MATCHING_INDEX_H_
#define NBO_CORE_MATCHING_INDEX_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/matching/terms.h"

namespace nbo::matching {

// The truth of terms in one request, each found out at most once. Not thread-safe: one per request. `table`,
// `activation` and `prepare` must outlive it; of the activation's slots only those that vary between documents may
// change, and `prepare` sets them for a document.
class Truths {
 public:
  Truths(const TermTable& table, const rules::Activation& activation,
         absl::FunctionRef<void(int32_t document)> prepare);
  ~Truths();
  Truths(const Truths&) = delete;

  bool IsTrue(TermId term) {
    const Truth known = static_cast<Truth>(memo_[term]);
    return (known != kUnknown ? known : FindOut(term)) == kTrue;
  }
  bool AllTrue(absl::Span<const TermId> terms) {
    for (const TermId term : terms) {
      if (!IsTrue(term)) return false;
    }
    return true;
  }

 private:
  enum Truth : uint8_t { kUnknown, kFalse, kTrue, kError };
  Truth Of(TermId term) {
    const Truth known = static_cast<Truth>(memo_[term]);
    return known != kUnknown ? known : FindOut(term);
  }
  static Truth OfValue(const rules::Value& value) {
    return value.is_error() ? kError : value.is_true() ? kTrue : kFalse;
  }
  Truth FindOut(TermId id);
  Truth OfAtom(const Term& term);
  Truth OfJunction(const Term& term);
  const rules::Value& NumberOf(NumberId id);

  const TermTable& table_;
  const rules::Activation& activation_;
  const absl::FunctionRef<void(int32_t)> prepare_;
  std::vector<uint8_t> memo_;          // of the terms; then, not kUnknown for those of numbers_ that are known
  std::vector<rules::Value> numbers_;  // of others, what another request left
};

// Built once, immutable afterwards, shared by all threads.
class Index {
 public:
  // Adds a document with its terms. Numbers may be added in any order, each once.
  void Add(int32_t document, absl::Span<const TermId> terms);

  // To be called when everything was added, with the table that the terms are of, before it is finished.
  void Finish(const TermTable& table);

  // Calls visit(document) for every document whose terms are all true, in order of their numbers. `keys` are those
  // found in the request, see FindKeys.
  template <typename Visit>
  void ForEachMatch(absl::Span<const AccessKey> keys, Truths* truths, Visit visit) const {
    const std::vector<uint64_t> matches = Match(keys, truths);
    for (size_t word = 0; word < matches.size(); ++word) {
      for (uint64_t left = matches[word]; left != 0; left &= left - 1) {
        visit(static_cast<int32_t>(word * 64 + static_cast<size_t>(__builtin_ctzll(left))));
      }
    }
    GiveBack(std::move(matches));
  }

  // Documents that are under no key.
  size_t keyless() const { return keyless_; }
  // How many documents are under these keys; one under several of them counts several times.
  size_t CountUnder(absl::Span<const AccessKey> keys) const;

 private:
  // A document with those of its terms that few others share. Most have one or two of them, which lie here, so that
  // looking at a document costs a quarter of a line of cache.
  static constexpr int kTermsInPosting = 2;
  struct Posting {
    int32_t document;
    TermId terms[kTermsInPosting];
    int32_t more;  // where in more_ the other terms begin, which end with kAlwaysTrue; 0: there are none
  };
  struct Shared {
    TermId term;
    std::vector<uint64_t> documents;  // a bit for each that has it
  };
  struct Entry {  // of a document, until Finish
    int32_t document;
    int32_t begin, end;  // in terms_
  };

  void ChooseShared();
  Posting MakePosting(const Entry& entry);
  // The keys under which to keep a document; null: none of its terms has any.
  const std::vector<AccessKey>* KeysFor(const Entry& entry, const TermTable& table) const;

  // A bit for each match.
  std::vector<uint64_t> Match(absl::Span<const AccessKey> keys, Truths* truths) const;
  // All documents but those with a shared term that is not true.
  std::vector<uint64_t> Alive(Truths* truths) const;
  void MarkTrue(absl::Span<const Posting> postings, const std::vector<uint64_t>& alive, Truths* truths,
                std::vector<uint64_t>* marks) const;
  // Of the terms that begin at `more` in more_.
  bool AllTrue(int32_t more, Truths* truths) const;
  static void GiveBack(std::vector<uint64_t> marks);

  std::vector<Entry> entries_;                           // until Finish
  std::vector<TermId> terms_;                            // until Finish
  absl::flat_hash_map<TermId, size_t> shared_position_;  // until Finish
  std::vector<Shared> shared_;
  std::vector<TermId> more_ = {kAlwaysTrue};
  std::vector<uint64_t> all_;          // the documents
  std::vector<uint64_t> only_shared_;  // those with neither a key nor a term that is not shared
  std::vector<Posting> always_;        // those without a key but with such terms
  std::vector<Posting> postings_;
  absl::flat_hash_map<AccessKey, std::pair<int32_t, int32_t>> lists_;  // ranges of postings_
  size_t keyless_ = 0;
};

// The keys that are found in a request.
std::vector<AccessKey> FindKeys(const TermTable& table, const rules::Activation& activation);

}  // namespace nbo::matching

#endif  // NBO_CORE_MATCHING_INDEX_H_
