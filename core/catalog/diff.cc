#include "core/catalog/diff.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace nbo {
namespace {

using Changes = std::vector<std::string>;

std::string Words(absl::string_view text) {
  std::string words(text);
  absl::RemoveExtraAsciiWhitespace(&words);
  return words;
}

bool SameValue(const std::string& a, const std::string& b) {
  double x = 0, y = 0;
  return a == b || (absl::SimpleAtod(a, &x) && absl::SimpleAtod(b, &y) && x == y) || Words(a) == Words(b);
}

// Compares the fields of one thing; `prefix` stands before the name of each.
class Fields {
 public:
  explicit Fields(Changes* changes, std::string prefix = "") : changes_(*changes), prefix_(std::move(prefix)) {}

  // A short value: "value 2.10 -> 2.50".
  void Value(absl::string_view name, const std::optional<Text>& before, const std::optional<Text>& after) {
    if (!Differ(name, before, after)) return;
    changes_.push_back(absl::StrCat(prefix_, name, " ", Words(before->value), " -> ", Words(after->value)));
  }
  // The same for an id or a code: 007 is not 7.
  void Id(absl::string_view name, const std::optional<Text>& before, const std::optional<Text>& after) {
    if (before && after && before->value == after->value) return;
    if (before && after) {
      changes_.push_back(absl::StrCat(prefix_, name, " ", Words(before->value), " -> ", Words(after->value)));
    } else {
      Differ(name, before, after);
    }
  }
  // A rule or a text: "eligibility: now '...', was '...'".
  void Prose(absl::string_view name, const std::optional<Text>& before, const std::optional<Text>& after) {
    if (!Differ(name, before, after)) return;
    changes_.push_back(
        absl::StrCat(prefix_, name, ": now '", Words(after->value), "', was '", Words(before->value), "'"));
  }
  // A set: "products: p1, p2 added; p3 removed".
  void Set(absl::string_view name, const std::vector<Text>& before, const std::vector<Text>& after) {
    const std::string added = Without(after, before), removed = Without(before, after);
    if (added.empty() && removed.empty()) return;
    changes_.push_back(absl::StrCat(prefix_, name, ": ", added.empty() ? "" : absl::StrCat(added, " added"),
                                    added.empty() || removed.empty() ? "" : ", ",
                                    removed.empty() ? "" : absl::StrCat(removed, " removed")));
  }

 private:
  // True if both are there and not the same; tells it if only one is.
  bool Differ(absl::string_view name, const std::optional<Text>& before, const std::optional<Text>& after) {
    if (before && after) return !SameValue(before->value, after->value);
    if (after) changes_.push_back(absl::StrCat(prefix_, name, " added: '", Words(after->value), "'"));
    if (before) changes_.push_back(absl::StrCat(prefix_, name, " removed, was '", Words(before->value), "'"));
    return false;
  }
  static std::string Without(const std::vector<Text>& list, const std::vector<Text>& other) {
    std::vector<absl::string_view> rest;
    for (const Text& text : list) {
      const bool there =
          std::any_of(other.begin(), other.end(), [&text](const Text& o) { return o.value == text.value; });
      if (!there) rest.push_back(text.value);
    }
    return absl::StrJoin(rest, ", ");
  }

  Changes& changes_;
  const std::string prefix_;
};

// Money, its limits, and chances.
void CompareTerms(const OfferDraft& before, const OfferDraft& after, Fields* fields) {
  fields->Value("propensity", before.propensity, after.propensity);
  fields->Value("evidence", before.evidence, after.evidence);
  const BudgetDraft was = before.budget.value_or(BudgetDraft()), now = after.budget.value_or(BudgetDraft());
  fields->Value("budget count", was.count, now.count);
  fields->Value("budget amount", was.amount, now.amount);
  fields->Value("budget per_customer", was.per_customer, now.per_customer);
  auto name = [](const OfferDraft& o) { return o.supplier ? std::optional<Text>(o.supplier->name) : std::nullopt; };
  auto share = [](const OfferDraft& o) { return o.supplier ? std::optional<Text>(o.supplier->share) : std::nullopt; };
  fields->Prose("supplier", name(before), name(after));
  fields->Value("supplier share", share(before), share(after));
  fields->Id("campaign", before.campaign, after.campaign);
  fields->Value("attribution_days", before.attribution_days, after.attribution_days);
}

Changes Compare(const PlacementDraft& before, const PlacementDraft& after) {
  Changes changes;
  Fields fields(&changes);
  fields.Value("title_chars", before.title_chars, after.title_chars);
  fields.Value("body_chars", before.body_chars, after.body_chars);
  fields.Value("call_to_action_chars", before.call_to_action_chars, after.call_to_action_chars);
  return changes;
}

Changes Compare(const SegmentDraft& before, const SegmentDraft& after) {
  Changes changes;
  Fields fields(&changes);
  fields.Prose("name", before.name, after.name);
  fields.Prose("rule", before.rule, after.rule);
  return changes;
}

Changes Compare(const RfmSegmentDraft& before, const RfmSegmentDraft& after) {
  Changes changes;
  Fields fields(&changes);
  fields.Prose("name", before.name, after.name);
  fields.Value("recency", before.recency, after.recency);
  fields.Value("frequency", before.frequency, after.frequency);
  fields.Value("monetary", before.monetary, after.monetary);
  return changes;
}

Text Plain(std::string value) {
  Text text;
  text.value = std::move(value);
  return text;
}

// Variants of an experiment, with their weights; in order, for it decides who is in which.
std::optional<Text> VariantsOf(const ExperimentDraft& experiment) {
  return Plain(absl::StrJoin(experiment.variants, ", ", [](std::string* out, const VariantDraft& v) {
    const bool withheld = v.withheld && v.withheld->value == "true";
    absl::StrAppend(out, v.id.value, " ", v.weight.value, withheld ? " withheld" : "");
  }));
}

Changes Compare(const ExperimentDraft& before, const ExperimentDraft& after) {
  Changes changes;
  Fields fields(&changes);
  auto space = [](const ExperimentDraft& e) -> std::optional<Text> {
    if (!e.space) return std::nullopt;
    return Plain(absl::StrCat(e.space->id.value, " ", e.space->from.value, "..", e.space->to.value));
  };
  fields.Value("namespace", space(before), space(after));
  fields.Value("coverage", before.coverage.value_or(Plain("1")), after.coverage.value_or(Plain("1")));
  fields.Set("offers", before.offers, after.offers);
  fields.Id("group", before.group, after.group);
  fields.Id("campaign", before.campaign, after.campaign);
  fields.Prose("variants", VariantsOf(before), VariantsOf(after));
  return changes;
}

void CompareControl(const std::optional<ControlDraft>& before, const std::optional<ControlDraft>& after,
                    std::vector<CatalogChange>* all) {
  const std::string name = "control group";
  if (before.has_value() != after.has_value()) all->push_back({name, {after ? "added" : "removed"}});
  if (!before || !after) return;
  Changes changes;
  Fields fields(&changes);
  fields.Value("share", before->share, after->share);
  fields.Id("salt", before->salt, after->salt);
  fields.Value("rotate_days", before->rotate_days, after->rotate_days);
  fields.Value("rotate_from", before->rotate_from, after->rotate_from);
  if (!changes.empty()) all->push_back({name, std::move(changes)});
}

void CompareVariantScores(const CatalogDraft& before, const CatalogDraft& after, Fields* fields) {
  auto find = [](const std::vector<VariantScoreDraft>& list, const std::string& variant) -> std::optional<Text> {
    for (const VariantScoreDraft& score : list) {
      if (score.variant.value == variant) return score.score;
    }
    return std::nullopt;
  };
  for (const VariantScoreDraft& now : after.score_variants) {
    fields->Prose(absl::StrCat("score of ", now.variant.value), find(before.score_variants, now.variant.value),
                  now.score);
  }
  for (const VariantScoreDraft& was : before.score_variants) {
    if (find(after.score_variants, was.variant.value)) continue;
    fields->Prose(absl::StrCat("score of ", was.variant.value), was.score, std::nullopt);
  }
}

std::string NameOf(const TreatmentDraft& t) {
  return absl::StrCat("treatment ", t.channel.value, " ", t.locale.value,
                      t.variant ? absl::StrCat(" of ", t.variant->value) : "");
}

void CompareTreatments(const OfferDraft& before, const OfferDraft& after, Changes* changes) {
  auto find = [](const std::vector<TreatmentDraft>& list, const TreatmentDraft& wanted) {
    return std::find_if(list.begin(), list.end(),
                        [&wanted](const TreatmentDraft& t) { return NameOf(t) == NameOf(wanted); });
  };
  for (const TreatmentDraft& treatment : after.treatments) {
    const auto was = find(before.treatments, treatment);
    if (was == before.treatments.end()) {
      changes->push_back(absl::StrCat(NameOf(treatment), " added"));
      continue;
    }
    Fields fields(changes, absl::StrCat(NameOf(treatment), ": "));
    fields.Prose("script", was->script, treatment.script);
    fields.Prose("title", was->title, treatment.title);
    fields.Prose("body", was->body, treatment.body);
    fields.Prose("image", was->image, treatment.image);
    fields.Prose("price", was->price, treatment.price);
    fields.Prose("call_to_action", was->call_to_action, treatment.call_to_action);
    fields.Prose("reason", was->reason, treatment.reason);
  }
  for (const TreatmentDraft& treatment : before.treatments) {
    if (find(after.treatments, treatment) == after.treatments.end()) {
      changes->push_back(absl::StrCat(NameOf(treatment), " removed"));
    }
  }
}

// A cap in words: "1 per 4 hours at POS", "2 per 7 days for group 'pantry'".
Text CapText(const ContactCapDraft& cap) {
  const std::optional<Text>& time = cap.days ? cap.days : cap.hours;
  const std::string count = time ? time->value : "";
  std::string text = absl::StrCat(cap.max.value, " per ", count, cap.days ? " day" : " hour", count == "1" ? "" : "s");
  if (cap.channel) absl::StrAppend(&text, " at ", cap.channel->value);
  if (cap.group) {
    absl::StrAppend(&text,
                    cap.group->value == "*" ? " for each group" : absl::StrCat(" for group '", cap.group->value, "'"));
  }
  if (cap.offer) absl::StrAppend(&text, " for each offer");
  return {std::move(text), cap.place};
}

Text QuietText(const QuietHoursDraft& quiet) {
  const auto name = [](std::string* out, const Text& channel) { *out += channel.value; };
  return {absl::StrCat(quiet.from.value, " to ", quiet.to.value, " for ", absl::StrJoin(quiet.channels, " and ", name)),
          quiet.place};
}

Text ReservationText(const ReservationMinutesDraft& reservation) {
  return {absl::StrCat(reservation.channel, " ", reservation.minutes.value), reservation.minutes.place};
}

Text ContextText(const ContextWeightDraft& context) {
  return {absl::StrCat(context.weight.value, " when ", Words(context.when.value)), context.place};
}

template <typename Draft>
std::vector<Text> TextsOf(const std::vector<Draft>& drafts, Text (*text)(const Draft&)) {
  std::vector<Text> texts;
  for (const Draft& draft : drafts) texts.push_back(text(draft));
  return texts;
}

void CompareCooldowns(const ContactCooldownsDraft& before, const ContactCooldownsDraft& after, Fields* fields) {
  fields->Value("accepted_days", before.accepted_days, after.accepted_days);
  fields->Value("declined_days", before.declined_days, after.declined_days);
  fields->Value("ignored_times", before.ignored_times, after.ignored_times);
  fields->Value("ignored_days", before.ignored_days, after.ignored_days);
}

Changes Compare(const ContactPolicyDraft& before, const ContactPolicyDraft& after) {
  Changes changes;
  Fields fields(&changes);
  fields.Set("caps", TextsOf(before.caps, CapText), TextsOf(after.caps, CapText));
  CompareCooldowns(before.cooldowns, after.cooldowns, &fields);
  fields.Set("quiet_hours", TextsOf(before.quiet_hours, QuietText), TextsOf(after.quiet_hours, QuietText));
  fields.Set("consent", before.consent, after.consent);
  fields.Set("reservation_minutes", TextsOf(before.reservation_minutes, ReservationText),
             TextsOf(after.reservation_minutes, ReservationText));
  fields.Set("presumed", before.presumed, after.presumed);
  return changes;
}

void CompareContact(const OfferDraft& before, const OfferDraft& after, Changes* changes) {
  const OfferContactDraft none;
  const OfferContactDraft& was = before.contact ? *before.contact : none;
  const OfferContactDraft& is = after.contact ? *after.contact : none;
  Fields fields(changes, "contact ");
  fields.Value("max", was.max, is.max);
  fields.Value("days", was.days, is.days);
  fields.Value("hours", was.hours, is.hours);
  CompareCooldowns(was.cooldowns, is.cooldowns, &fields);
}

Changes Compare(const OfferDraft& before, const OfferDraft& after) {
  Changes changes;
  Fields fields(&changes);
  fields.Prose("name", before.name, after.name);
  fields.Value("kind", before.kind, after.kind);
  fields.Id("group", before.group, after.group);
  const WindowDraft was = before.window.value_or(WindowDraft()), now = after.window.value_or(WindowDraft());
  fields.Value("window from", was.from, now.from);
  fields.Value("window to", was.to, now.to);
  fields.Value("value", before.value, after.value);
  fields.Value("cost", before.cost, after.cost);
  CompareTerms(before, after, &fields);
  fields.Value("weight", before.weight, after.weight);
  fields.Value("default", before.is_default, after.is_default);
  fields.Set("products", before.products, after.products);
  fields.Set("categories", before.categories, after.categories);
  fields.Set("placements", before.placements, after.placements);
  fields.Prose("eligibility", before.eligibility, after.eligibility);
  fields.Prose("applicability", before.applicability, after.applicability);
  auto code = [](const OfferDraft& o) { return o.coupon ? std::optional<Text>(o.coupon->code) : std::nullopt; };
  auto barcode = [](const OfferDraft& o) { return o.coupon ? o.coupon->barcode : std::nullopt; };
  fields.Id("coupon code", code(before), code(after));
  fields.Id("coupon barcode", barcode(before), barcode(after));
  CompareContact(before, after, &changes);
  CompareTreatments(before, after, &changes);
  return changes;
}

// Things with ids: those of `after` in order, then what was removed.
template <typename Draft>
void CompareLists(absl::string_view what, const std::vector<Draft>& before, const std::vector<Draft>& after,
                  std::vector<CatalogChange>* all) {
  absl::flat_hash_map<absl::string_view, const Draft*> old, kept;
  for (const Draft& draft : before) old.emplace(draft.id.value, &draft);
  auto name = [what](const Draft& draft) { return absl::StrCat(what, " '", draft.id.value, "'"); };
  for (const Draft& draft : after) {
    kept.emplace(draft.id.value, &draft);
    const auto was = old.find(draft.id.value);
    Changes changes = was == old.end() ? Changes{"added"} : Compare(*was->second, draft);
    if (!changes.empty()) all->push_back({name(draft), std::move(changes)});
  }
  for (const Draft& draft : before) {
    if (!kept.contains(draft.id.value)) all->push_back({name(draft), {"removed"}});
  }
}

template <typename Draft>
std::string Order(const std::vector<Draft>& drafts) {
  return absl::StrJoin(drafts, ", ", [](std::string* out, const Draft& d) { *out += d.id.value; });
}

}  // namespace

std::vector<CatalogChange> DiffCatalogs(const CatalogDraft& before, const CatalogDraft& after) {
  std::vector<CatalogChange> all;
  Changes top;
  Fields fields(&top);
  fields.Value("name", before.name, after.name);
  fields.Value("currency", before.currency, after.currency);
  fields.Value("default_locale", before.default_locale, after.default_locale);
  auto score = [](const CatalogDraft& d) { return d.score.given ? std::optional<Text>(d.score) : std::nullopt; };
  fields.Prose("score", score(before), score(after));
  fields.Set("context_weights", TextsOf(before.context_weights, ContextText),
             TextsOf(after.context_weights, ContextText));
  auto per_category = [](const CatalogDraft& d) { return d.arbitration ? d.arbitration->per_category : std::nullopt; };
  fields.Value("arbitration per_category", per_category(before), per_category(after));
  fields.Value("score_floor", before.score_floor, after.score_floor);
  fields.Value("attribution_days", before.attribution_days, after.attribution_days);
  CompareVariantScores(before, after, &fields);
  if (!top.empty()) all.push_back({"catalog", std::move(top)});
  Changes contacts = Compare(before.contact_policy, after.contact_policy);
  if (!contacts.empty()) all.push_back({"contact_policy", std::move(contacts)});
  CompareControl(before.control, after.control, &all);
  CompareLists("placement", before.placements, after.placements, &all);
  CompareLists("segment", before.segments, after.segments, &all);
  const size_t said = all.size();
  CompareLists("RFM segment", before.rfm_segments, after.rfm_segments, &all);
  if (all.size() == said && Order(before.rfm_segments) != Order(after.rfm_segments)) {
    all.push_back({"RFM segments",
                   {absl::StrCat("order: now ", Order(after.rfm_segments), ", was ", Order(before.rfm_segments))}});
  }
  CompareLists("experiment", before.experiments, after.experiments, &all);
  CompareLists("offer", before.offers, after.offers, &all);
  return all;
}

}  // namespace nbo
