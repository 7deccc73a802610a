// A catalog as written, before anything is checked: texts with their places. Whoever reads a file format fills it.
#ifndef NBO_CORE_CATALOG_DRAFT_H_
#define NBO_CORE_CATALOG_DRAFT_H_

#include <optional>
#include <string>
#include <vector>

namespace nbo {

// A place in the file; lines and columns (bytes) from 1; 0 if unknown.
struct Place {
  int line = 0;
  int column = 0;
};

// A scalar as written, with the place of its node.
struct Text {
  std::string value;
  Place place;
  bool given = true;  // false: required but missing or unreadable, which was told already
};

struct TreatmentDraft {
  Place place;
  Text channel, locale;
  std::optional<Text> script, title, body, image, price, call_to_action, reason;
  std::optional<Text> variant;  // "EXPERIMENT/VARIANT"; absent: for every variant that has none of its own
};

struct SegmentDraft {
  Place place;
  Text id, name, rule;
};

// A range of scores is one ("5") or two ("2-4"); absent: all.
struct RfmSegmentDraft {
  Place place;
  Text id, name;
  std::optional<Text> recency, frequency, monetary;
};

struct CouponDraft {
  Text code;
  std::optional<Text> barcode;
};

struct WindowDraft {
  std::optional<Text> from, to;
};

// How much text a placement takes; absent: as much as any.
struct PlacementDraft {
  Text id;
  std::optional<Text> title_chars, body_chars, call_to_action_chars;
};

// At least one is required.
struct BudgetDraft {
  Place place;
  std::optional<Text> count, amount, per_customer;
};

struct SupplierDraft {
  Text name, share;
};

// Required are one of days and hours, and at most one of group and offer.
struct ContactCapDraft {
  Place place;
  Text max;
  std::optional<Text> days = {}, hours = {}, channel = {}, group = {}, offer = {};
};

struct ContactCooldownsDraft {
  std::optional<Text> accepted_days = {}, declined_days = {}, ignored_times = {}, ignored_days = {};
};

struct QuietHoursDraft {
  Place place;
  Text from, to;
  std::vector<Text> channels;
};

struct ReservationMinutesDraft {
  std::string channel;  // "default": all channels that are not named
  Text minutes;
};

struct ContactPolicyDraft {
  std::vector<ContactCapDraft> caps;
  ContactCooldownsDraft cooldowns;
  std::vector<QuietHoursDraft> quiet_hours;
  std::vector<Text> consent, presumed;
  std::vector<ReservationMinutesDraft> reservation_minutes;
};

// An offer's own cap and cooldowns, each instead of the policy's.
struct OfferContactDraft {
  Place place;
  std::optional<Text> max = {}, days = {}, hours = {};
  ContactCooldownsDraft cooldowns = {};
};

struct OfferDraft {
  Place place;
  Text id, name, kind;
  std::optional<Text> group, weight, is_default, eligibility, applicability;
  Text value, cost, propensity;
  std::optional<Text> evidence, campaign, attribution_days;
  std::optional<BudgetDraft> budget;
  std::optional<SupplierDraft> supplier;
  std::optional<WindowDraft> window;
  std::vector<Text> products, categories, placements;
  std::optional<CouponDraft> coupon;
  std::optional<OfferContactDraft> contact;
  std::vector<TreatmentDraft> treatments;
  bool treatments_are_whole = true;  // false: some could not be read, which was told already
};

struct ControlDraft {
  Place place;
  Text share, salt;
  std::optional<Text> rotate_days, rotate_from;
};

struct NamespaceDraft {
  Text id, from, to;
};

struct VariantDraft {
  Place place;
  Text id, weight;
  std::optional<Text> withheld;
};

// It is about either `offers`, a `group` or a `campaign`.
struct ExperimentDraft {
  Place place;
  Text id;
  std::optional<NamespaceDraft> space;
  std::optional<Text> coverage;
  std::vector<Text> offers;
  std::optional<Text> group, campaign;
  std::vector<VariantDraft> variants;
  // False: some could not be read, which was told already.
  bool offers_are_whole = true, variants_are_whole = true;
};

struct VariantScoreDraft {
  Text variant;  // "EXPERIMENT/VARIANT"
  Text score;
};

// How much a score counts for where the rule holds.
struct ContextWeightDraft {
  Place place;
  Text when, weight;
};

struct ArbitrationDraft {
  Place place;
  std::optional<Text> per_category;
};

struct CatalogDraft {
  Text name, currency, default_locale;
  Text score = {{}, {}, false};  // not given: the default formula
  std::vector<ContextWeightDraft> context_weights;
  std::optional<ArbitrationDraft> arbitration;
  std::optional<Text> score_floor, attribution_days;
  ContactPolicyDraft contact_policy;
  std::vector<PlacementDraft> placements;
  std::vector<SegmentDraft> segments;
  std::vector<RfmSegmentDraft> rfm_segments;  // empty: the published ones
  std::optional<ControlDraft> control;
  std::vector<ExperimentDraft> experiments;
  std::vector<VariantScoreDraft> score_variants;
  std::vector<OfferDraft> offers;
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_DRAFT_H_
