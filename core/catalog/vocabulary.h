// The words that rules and formulas may use: one registry, from which come the declarations that rules are checked
// against, the values they see (core/decision/facts.h), the names in GetProfile, `nboctl rules vars` and the reference
// VOCABULARY.md in this folder.
#ifndef NBO_CORE_CATALOG_VOCABULARY_H_
#define NBO_CORE_CATALOG_VOCABULARY_H_

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "core/features/features.h"
#include "core/rules/arena.h"
#include "core/rules/condition.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo {

struct Known;  // known.h: what is known at a decision

inline constexpr int kWindowCount = static_cast<int>(kWindowDays.size());

// The places of the words in rules::Activation::slots. Those of the customer come first, so that an expression compiled
// for the customer alone also runs where everything is known.
struct Slot {
  enum : int {
    kKnown,
    kRecencyDays,
    kTenureDays,
    kFrequency,                                 // one per window, as kWindowDays
    kRevenue = kFrequency + kWindowCount,       // one per window
    kDiscount = kRevenue + kWindowCount,        // one per window
    kAverageTicket = kDiscount + kWindowCount,  // one per window
    kDiscountShare = kAverageTicket + kWindowCount,
    kUsualStore,
    kRecencyScore,
    kFrequencyScore,
    kMonetaryScore,
    kRfmSegment,
    kConsent,
    kCustomerAttributes,
    kIdentities,
    kNow,
    kCustomerCount,  // ---- end of what segment rules may use
    kSegments = kCustomerCount,
    kBasketLines,
    kBasketSize,
    kBasketTotal,
    kBasketProducts,
    kBasketCategories,
    kChannel,
    kPlacement,
    kStore,
    kTerminal,
    kOperator,
    kLocale,
    kHour,
    kWeekday,
    kLocalTime,
    kTimeZone,
    kRequestAttributes,
    kContextWeight,
    kOfferId,  // ---- begin of the offer's words
    kOfferGroup,
    kOfferKind,
    kOfferValue,
    kOfferCost,
    kOfferSupplierShare,
    kOfferPropensity,
    kOfferWeight,
    kOfferAffinity,
    kOfferVisits,
    kOfferInBasket,
    kCount,
  };
};

// One word, such as customer.recency_days.
struct Word {
  int slot;
  std::string name;
  rules::Type type;
  bool optional;     // may have no value
  std::string unit;  // "days", "1..5", "major currency units"; empty where there is none
  std::string doc;   // one line
  // The value, Null if there is none. Lists and maps are made in `arena`; everything else points into `known`.
  // Requires the parts of `known` that the word is about. `window` is the word's own, where one function serves
  // several.
  rules::Value (*get)(const Known& known, int window, rules::Arena* arena);
  int window = 0;
  int max_size = 0;  // of a list or map: the most elements it can have
};

// A field of a family: category("MILK").share.
struct FamilyWord {
  std::string name;
  rules::Type type;
  bool optional;
  std::string unit;
  std::string doc;
  rules::Value (*get)(const Known& known, uint64_t key);
};

struct WordFamily {
  std::string name;
  std::string argument;  // what stands in the quotes
  std::string doc;
  uint64_t (*key_of)(absl::string_view argument);
  // Calls `visit` with every key of which the customer has facts.
  void (*for_each_key)(const Known& known, absl::FunctionRef<void(uint64_t key)> visit);
  std::vector<FamilyWord> fields;
};

// All words, by slot, and all families, by number.
const std::vector<Word>& Words();
const std::vector<WordFamily>& WordFamilies();
// Numbers of the families.
struct Family {
  enum : int { kCategory, kChannel };
};

// For segment rules: customer.*, now, category(), channel().
const rules::Environment& CustomerVocabulary();
// For eligibility, applicability and the score: everything. Slots and families of CustomerVocabulary are the same here.
const rules::Environment& FullVocabulary();

// A set of words. What a catalog names is computed for a request, the rest is not.
class WordSet {
 public:
  static WordSet All();
  void Add(int slot) { bits_[static_cast<size_t>(slot) / 64] |= uint64_t{1} << (slot % 64); }
  // Adds what the expression names.
  void AddNamed(const rules::Expression& expression);
  void AddNamed(const rules::Condition& condition);
  bool Has(int slot) const { return (bits_[static_cast<size_t>(slot) / 64] >> (slot % 64) & 1) != 0; }

  // Calls visit(slot) for those in [begin, end), ascending.
  template <typename Visit>
  void ForEach(int begin, int end, Visit visit) const {
    // An offer's few words are asked for hundreds of times in a request: nothing before them is looked at.
    uint64_t from = ~uint64_t{0} << (begin % 64);
    for (size_t i = static_cast<size_t>(begin) / 64; i < bits_.size(); ++i, from = ~uint64_t{0}) {
      for (uint64_t rest = bits_[i] & from; rest != 0; rest &= rest - 1) {
        const int slot = static_cast<int>(i) * 64 + std::countr_zero(rest);
        if (slot >= end) return;
        visit(slot);
      }
    }
  }

 private:
  std::array<uint64_t, (Slot::kCount + 63) / 64> bits_{};
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_VOCABULARY_H_
