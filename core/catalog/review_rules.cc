#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/channel.h"
#include "core/catalog/review_internal.h"
#include "core/catalog/rule_review.h"
#include "core/catalog/vocabulary.h"
#include "core/population/rfm.h"

namespace nbo {
namespace {

std::vector<absl::string_view> RfmSegmentIds(const CatalogDraft& draft, const std::vector<RfmSegment>& published) {
  std::vector<absl::string_view> ids;
  for (const RfmSegmentDraft& segment : draft.rfm_segments) ids.push_back(segment.id.value);
  if (draft.rfm_segments.empty()) {
    for (const RfmSegment& segment : published) ids.push_back(segment.id);
  }
  ids.push_back(kOtherRfmSegment);
  ids.push_back("");  // of those who have no scores
  return ids;
}

class RuleReviewer {
 public:
  RuleReviewer(const CatalogDraft& draft, CatalogReview* review)
      : review_(*review), rfm_ids_(RfmSegmentIds(draft, published_.segments())) {
    for (const SegmentDraft& segment : draft.segments) segment_ids_.push_back(segment.id.value);
    for (const PlacementDraft& placement : draft.placements) placement_ids_.push_back(placement.id.value);
    for (int c = 1; c < kChannelCount; ++c) channels_.push_back(ChannelName(static_cast<Channel>(c)));
    channels_.push_back("");
  }

  void Segment(const SegmentDraft& segment) {
    const Text& rule = segment.rule;
    const RuleReview& found = Review(rule, CustomerVocabulary(), &customer_reviews_);
    References("segments.rule", rule, found.references);
    if (found.always_false) Warn(rule, *found.always_false, "segments.rule: nobody will ever be in it: ", "");
    if (found.always_true) Warn(rule, *found.always_true, "segments.rule: everybody will be in it: ", "");
    DeadParts("segments.rule", rule, found);
  }

  void Formula(const std::string& field, const Text& formula) {
    References(field, formula, ReviewFormula(formula.value, FullVocabulary(), Watched()));
  }

  void Context(const Text& rule) {
    const std::string field = "context_weights.when";
    const RuleReview& found = Review(rule, FullVocabulary(), &full_reviews_);
    References(field, rule, found.references);
    if (found.always_false) Warn(rule, *found.always_false, absl::StrCat(field, ": never true: "), "");
    if (found.always_true) Warn(rule, *found.always_true, absl::StrCat(field, ": always true: "), "");
    DeadParts(field, rule, found);
  }

  void Gate(const std::string& field, const std::optional<Text>& rule) {
    if (!rule) return;
    const RuleReview& found = Review(*rule, FullVocabulary(), &full_reviews_);
    References(field, *rule, found.references);
    if (found.always_false) {
      review_.mistakes.push_back(
          Located(*rule, found.always_false->offset,
                  absl::StrCat(field, ": never true, the offer would never be shown: ", found.always_false->why)));
    }
    if (found.always_true)
      Warn(*rule, *found.always_true, absl::StrCat(field, ": always true: "), "; leave the rule out");
    DeadParts(field, *rule, found);
  }

 private:
  using Reviews = absl::flat_hash_map<std::string, RuleReview>;

  // Many offers share a rule: each text is reviewed once.
  const RuleReview& Review(const Text& rule, const rules::Environment& environment, Reviews* reviews) {
    const auto [it, is_new] = reviews->try_emplace(rule.value);
    if (is_new) it->second = ReviewRule(rule.value, environment, Watched());
    return it->second;
  }
  static const std::vector<int>& Watched() {
    static const std::vector<int>* const kWatched =
        new std::vector<int>{Slot::kSegments, Slot::kRfmSegment, Slot::kChannel, Slot::kPlacement};
    return *kWatched;
  }

  static CatalogMistake Located(const Text& rule, int offset, std::string message) {
    return {rule.place, offset, rule.value, std::move(message)};
  }
  void Warn(const Text& rule, const RuleFinding& finding, absl::string_view before, absl::string_view after) {
    review_.warnings.push_back(Located(rule, finding.offset, absl::StrCat(before, finding.why, after)));
  }
  void DeadParts(const std::string& field, const Text& rule, const RuleReview& found) {
    for (const RuleFinding& part : found.dead_parts) {
      Warn(rule, part, absl::StrCat(field, ": a part that is never true: "), "");
    }
  }

  static bool Holds(const std::vector<absl::string_view>& known, absl::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  }

  void References(const std::string& field, const Text& rule, const std::vector<RuleReference>& references) {
    for (const RuleReference& named : references) {
      if (named.slot == Slot::kSegments && !Holds(segment_ids_, named.text)) {
        review_.mistakes.push_back(Located(rule, named.offset,
                                           absl::StrCat(field, ": no segment '", named.text, "' is in this catalog",
                                                        DidYouMean(named.text, segment_ids_))));
      } else if (named.slot == Slot::kRfmSegment && !Holds(rfm_ids_, named.text)) {
        review_.mistakes.push_back(Located(
            rule, named.offset,
            absl::StrCat(field, ": no RFM segment is called '", named.text, "'", DidYouMean(named.text, rfm_ids_))));
      } else if (named.slot == Slot::kChannel && !Holds(channels_, named.text)) {
        review_.mistakes.push_back(Located(
            rule, named.offset,
            absl::StrCat(field, ": no channel is called '", named.text, "'", DidYouMean(named.text, channels_))));
      } else if (named.slot == Slot::kPlacement && !placement_ids_.empty() && !named.text.empty() &&
                 !Holds(placement_ids_, named.text)) {
        review_.mistakes.push_back(Located(rule, named.offset,
                                           absl::StrCat(field, ": no placement '", named.text, "' is declared",
                                                        DidYouMean(named.text, placement_ids_))));
      }
    }
  }

  CatalogReview& review_;
  const RfmSegmentation published_;
  std::vector<absl::string_view> segment_ids_, rfm_ids_, placement_ids_, channels_;
  Reviews customer_reviews_, full_reviews_;
};

}  // namespace

void ReviewRules(const CatalogDraft& draft, CatalogReview* review) {
  RuleReviewer reviewer(draft, review);
  for (const SegmentDraft& segment : draft.segments) reviewer.Segment(segment);
  if (draft.score.given) reviewer.Formula("score", draft.score);
  for (const ContextWeightDraft& context : draft.context_weights) {
    if (context.when.given) reviewer.Context(context.when);
  }
  for (const VariantScoreDraft& variant : draft.score_variants) {
    if (variant.score.given) reviewer.Formula("score_variants", variant.score);
  }
  for (const OfferDraft& offer : draft.offers) {
    reviewer.Gate("offers.eligibility", offer.eligibility);
    reviewer.Gate("offers.applicability", offer.applicability);
  }
}

}  // namespace nbo
