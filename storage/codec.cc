#include "storage/codec.h"

#include <algorithm>

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

int Ago(Day newest, Day day) { return day == kNoDay ? 0 : newest - day + 1; }

// Damaged bytes may hold any number: unsigned arithmetic wraps where signed would be undefined.
Day Back(Day day, uint32_t days) { return static_cast<Day>(static_cast<uint32_t>(day) - days); }
Day FromAgo(Day newest, int ago) { return ago == 0 ? kNoDay : Back(newest, static_cast<uint32_t>(ago) - 1); }

void EncodeDays(const CustomerState& state, pb::CustomerState* out) {
  const int count = static_cast<int>(state.days.size());
  out->mutable_day_gaps()->Reserve(count);
  out->mutable_day_visits()->Reserve(count);
  out->mutable_day_revenue_minor()->Reserve(count);
  out->mutable_day_discount_minor()->Reserve(count);
  Day previous = state.newest_day;
  for (auto day = state.days.rbegin(); day != state.days.rend(); ++day) {
    out->add_day_gaps(static_cast<uint32_t>(previous - day->day));
    out->add_day_visits(day->visits);
    out->add_day_revenue_minor(day->revenue_minor);
    out->add_day_discount_minor(day->discount_minor);
    previous = day->day;
  }
}

absl::Status DecodeDays(const pb::CustomerState& in, CustomerState* state) {
  const int count = in.day_gaps_size();
  if (in.day_visits_size() != count || in.day_revenue_minor_size() != count || in.day_discount_minor_size() != count) {
    return absl::DataLossError("state: columns of days differ in length");
  }
  state->days.resize(count);
  Day day = in.newest_day();
  for (int i = 0; i < count; ++i) {
    day = Back(day, in.day_gaps(i));
    state->days[count - 1 - i] = {day, in.day_visits(i), in.day_revenue_minor(i), in.day_discount_minor(i)};
  }
  return absl::OkStatus();
}

absl::Status DecodeCategories(const pb::CustomerState& in, CustomerState* state) {
  const int count = in.category_keys_size();
  if (in.category_visits_size() != count || in.category_revenue_minor_size() != count ||
      in.category_last_ago_size() != count) {
    return absl::DataLossError("state: columns of categories differ in length");
  }
  state->categories.resize(count);
  for (int i = 0; i < count; ++i) {
    state->categories[i] = {in.category_keys(i), in.category_visits(i), in.category_revenue_minor(i),
                            FromAgo(in.newest_day(), in.category_last_ago(i))};
  }
  return absl::OkStatus();
}

absl::Status DecodeStores(const pb::CustomerState& in, CustomerState* state) {
  const int count = in.store_ids_size();
  if (in.store_visits_size() != count || in.store_last_ago_size() != count) {
    return absl::DataLossError("state: columns of stores differ in length");
  }
  state->stores.resize(count);
  for (int i = 0; i < count; ++i) {
    state->stores[i].store_id = in.store_ids(i);
    state->stores[i].visits = in.store_visits(i);
    state->stores[i].last_day = FromAgo(in.newest_day(), in.store_last_ago(i));
  }
  return absl::OkStatus();
}

absl::Status DecodeConsents(const pb::CustomerState& in, CustomerState* state) {
  const int count = in.consent_channels_size();
  if (in.consent_granted_size() != count || in.consent_time_us_size() != count || in.consent_sources_size() != count) {
    return absl::DataLossError("state: columns of consents differ in length");
  }
  state->consents.resize(count);
  for (int i = 0; i < count; ++i) {
    if (in.consent_channels(i) >= kChannelCount) return absl::DataLossError("state: consent of no channel");
    state->consents[i] = {static_cast<Channel>(in.consent_channels(i)), in.consent_granted(i),
                          absl::FromUnixMicros(in.consent_time_us(i)), in.consent_sources(i)};
  }
  return absl::OkStatus();
}

}  // namespace

void EncodeState(const CustomerState& state, std::string* out) {
  // One message per thread: its columns keep their memory.
  static thread_local pb::CustomerState message;
  message.Clear();
  message.set_receipts(state.receipts);
  message.set_newest_day(state.newest_day);
  message.set_first_visit_ago(Ago(state.newest_day, state.first_visit_day));
  message.set_last_visit_ago(Ago(state.newest_day, state.last_visit_day));
  message.set_older_visits(state.older.visits);
  message.set_older_revenue_minor(state.older.revenue_minor);
  message.set_older_discount_minor(state.older.discount_minor);
  EncodeDays(state, &message);
  for (const CategoryTotals& category : state.categories) {
    message.add_category_keys(category.category);
    message.add_category_visits(category.visits);
    message.add_category_revenue_minor(category.revenue_minor);
    message.add_category_last_ago(Ago(state.newest_day, category.last_day));
  }
  for (const StoreTotals& store : state.stores) {
    message.add_store_ids(store.store_id);
    message.add_store_visits(store.visits);
    message.add_store_last_ago(Ago(state.newest_day, store.last_day));
  }
  int channels = kChannelCount;
  while (channels > 0 && state.channel_visits[channels - 1] == 0) --channels;
  for (int i = 0; i < channels; ++i) message.add_channel_visits(state.channel_visits[i]);
  for (const Consent& consent : state.consents) {
    message.add_consent_channels(static_cast<uint32_t>(consent.channel));
    message.add_consent_granted(consent.granted);
    message.add_consent_time_us(absl::ToUnixMicros(consent.time));
    message.add_consent_sources(consent.source);
  }
  if (state.not_before != absl::InfinitePast()) message.set_not_before_us(absl::ToUnixMicros(state.not_before));
  // No maps in the message, so serialization is deterministic.
  message.SerializeToString(out);
}

absl::Status DecodeState(absl::string_view bytes, CustomerState* state) {
  static thread_local pb::CustomerState message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.channel_visits_size() > kChannelCount) {
    return absl::DataLossError("state: not readable");
  }
  state->receipts = message.receipts();
  state->newest_day = message.newest_day();
  state->first_visit_day = FromAgo(message.newest_day(), message.first_visit_ago());
  state->last_visit_day = FromAgo(message.newest_day(), message.last_visit_ago());
  state->older = {0, message.older_visits(), message.older_revenue_minor(), message.older_discount_minor()};
  state->channel_visits.fill(0);
  std::copy(message.channel_visits().begin(), message.channel_visits().end(), state->channel_visits.begin());
  state->not_before =
      message.has_not_before_us() ? absl::FromUnixMicros(message.not_before_us()) : absl::InfinitePast();
  absl::Status status = DecodeDays(message, state);
  status.Update(DecodeCategories(message, state));
  status.Update(DecodeStores(message, state));
  status.Update(DecodeConsents(message, state));
  return status;
}

std::string EncodeCatalog(const PublishedCatalog& catalog) {
  pb::PublishedCatalog message;
  message.set_yaml(catalog.yaml);
  message.set_file_name(catalog.file_name);
  message.set_window_shift_days(catalog.window_shift_days);
  message.set_author(catalog.author);
  message.set_note(catalog.note);
  message.set_publish_time_us(absl::ToUnixMicros(catalog.publish_time));
  return message.SerializeAsString();
}

absl::StatusOr<PublishedCatalog> DecodeCatalog(int64_t version, absl::string_view bytes) {
  pb::PublishedCatalog message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("catalog: not readable");
  }
  return PublishedCatalog{version,
                          message.yaml(),
                          message.file_name(),
                          message.window_shift_days(),
                          message.author(),
                          message.note(),
                          absl::FromUnixMicros(message.publish_time_us())};
}

}  // namespace nbo::storage
