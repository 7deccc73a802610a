// The rules of a catalog's offers, ready to be matched together.
#ifndef NBO_CORE_CATALOG_CONDITIONS_H_
#define NBO_CORE_CATALOG_CONDITIONS_H_

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/channel.h"
#include "core/base/civil.h"
#include "core/matching/index.h"
#include "core/matching/terms.h"
#include "core/rules/condition.h"

namespace nbo {

struct Offer;

// A rule of an offer with the offer's own words put in; or the mistakes in it.
std::variant<rules::Condition, std::vector<rules::Mistake>> CompileCondition(const Offer& offer,
                                                                             absl::string_view rule);

// The OfferFacts that a condition needs: what varies between the offers of a request.
uint8_t FactsNamed(const rules::Condition& condition);

// Built offer by offer, in their order in the catalog; immutable once finished.
class OfferConditions {
 public:
  OfferConditions();

  // Adds the next offer with its conditions; null: there is none. One without a channel or a channel's text is never a
  // candidate there.
  void Add(const Offer& offer, const rules::Condition* eligibility, const rules::Condition* applicability);
  // Notes which segments a formula or rule elsewhere needs.
  void NoteSegments(const rules::Expression& expression);
  void Finish();

  const matching::TermTable& terms() const { return terms_; }
  // The offers whose rules hold for a known customer in a channel.
  const matching::Index& In(Channel channel) const { return by_channel_[static_cast<int>(channel)]; }
  // Offers for anybody: the only ones for the unknown.
  absl::Span<const int32_t> defaults() const { return defaults_; }

  // What must be true of an offer, by its position in the catalog, gate by gate.
  absl::Span<const matching::TermId> EligibilityOf(int32_t offer) const {
    return Terms(ranges_[offer].begin, ranges_[offer].middle);
  }
  absl::Span<const matching::TermId> ApplicabilityOf(int32_t offer) const {
    return Terms(ranges_[offer].middle, ranges_[offer].end);
  }

  // Whether anything asks for this segment: the others need not be computed for a decision.
  bool NeedsSegment(absl::string_view id) const { return all_segments_ || segments_.contains(id); }

 private:
  struct Range {
    int32_t begin, middle, end;  // in pool_
  };
  absl::Span<const matching::TermId> Terms(int32_t begin, int32_t end) const {
    return absl::MakeSpan(pool_).subspan(begin, end - begin);
  }
  void NoteSegments(const rules::Condition& condition);

  matching::TermTable terms_;
  std::array<matching::Index, kChannelCount> by_channel_;
  std::vector<matching::TermId> pool_;
  std::vector<Range> ranges_;
  std::vector<int32_t> defaults_;
  bool all_segments_ = false;
  absl::flat_hash_set<std::string> segments_;
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_CONDITIONS_H_
