#include "server/catalog/yaml_contact.h"

#include <string>
#include <utility>

#include "core/base/channel.h"
#include "core/base/limits.h"

namespace nbo::server {
namespace {

ContactCapDraft ReadCap(std::string path, int node, Reading* reading) {
  Mapping mapping(std::move(path), node, reading);
  ContactCapDraft cap;
  cap.place = mapping.place();
  cap.max = mapping.Required("max");
  cap.days = mapping.Optional("days");
  cap.hours = mapping.Optional("hours");
  cap.channel = mapping.Optional("channel");
  cap.group = mapping.Optional("group");
  cap.offer = mapping.Optional("offer");
  mapping.Finish();
  return cap;
}

ContactCooldownsDraft ReadCooldowns(Mapping* mapping) {
  ContactCooldownsDraft cooldowns;
  cooldowns.accepted_days = mapping->Optional("accepted_days");
  cooldowns.declined_days = mapping->Optional("declined_days");
  cooldowns.ignored_times = mapping->Optional("ignored_times");
  cooldowns.ignored_days = mapping->Optional("ignored_days");
  return cooldowns;
}

QuietHoursDraft ReadQuietHours(std::string path, int node, Reading* reading) {
  Mapping mapping(std::move(path), node, reading);
  QuietHoursDraft quiet;
  quiet.place = mapping.place();
  quiet.from = mapping.Required("from");
  quiet.to = mapping.Required("to");
  quiet.channels = mapping.Texts("channels", kChannelCount);
  mapping.Finish();
  return quiet;
}

// Everything within `policy` whose value is a mapping by itself.
void ReadMappings(Mapping* policy, ContactPolicyDraft* draft) {
  if (const int node = policy->Find("cooldowns"); node >= 0) {
    Mapping mapping(policy->Child("cooldowns"), node, policy->reading());
    draft->cooldowns = ReadCooldowns(&mapping);
    mapping.Finish();
  }
  if (const int node = policy->Find("reservation_minutes"); node >= 0) {
    Mapping mapping(policy->Child("reservation_minutes"), node, policy->reading());
    const auto read = [&](absl::string_view key) {
      if (auto minutes = mapping.Optional(key)) draft->reservation_minutes.push_back({std::string(key), *minutes});
    };
    for (int c = 1; c < kChannelCount; ++c) read(ChannelName(static_cast<Channel>(c)));
    read("default");
    mapping.Finish();
  }
}

}  // namespace

void ReadContactPolicy(Mapping* catalog, CatalogDraft* draft) {
  const int node = catalog->Find("contact_policy");
  if (node < 0) return;
  Reading* const reading = catalog->reading();
  Mapping mapping(catalog->Child("contact_policy"), node, reading);
  ContactPolicyDraft& policy = draft->contact_policy;
  mapping.Maps("caps", kMaxContactCaps,
               [&](int n) { policy.caps.push_back(ReadCap(mapping.Child("caps"), n, reading)); });
  ReadMappings(&mapping, &policy);
  mapping.Maps("quiet_hours", kMaxQuietHours,
               [&](int n) { policy.quiet_hours.push_back(ReadQuietHours(mapping.Child("quiet_hours"), n, reading)); });
  policy.consent = mapping.Texts("consent", kChannelCount);
  policy.presumed = mapping.Texts("presumed", kChannelCount);
  mapping.Finish();
}

void ReadOfferContact(Mapping* offer, OfferDraft* draft) {
  const int node = offer->Find("contact");
  if (node < 0) return;
  Mapping mapping(offer->Child("contact"), node, offer->reading());
  OfferContactDraft contact;
  contact.place = mapping.place();
  contact.max = mapping.Optional("max");
  contact.days = mapping.Optional("days");
  contact.hours = mapping.Optional("hours");
  contact.cooldowns = ReadCooldowns(&mapping);
  mapping.Finish();
  draft->contact = std::move(contact);
}

}  // namespace nbo::server
