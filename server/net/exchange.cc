#include "server/net/exchange.h"

namespace nbo::server {

void RequestHead::Add(absl::string_view name, absl::string_view value) {
  if (places_.empty()) {  // what most requests have
    places_.reserve(16);
    text_.reserve(512);
  }
  places_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
  text_.append(name.data(), name.size()).append(value.data(), value.size());
}

Field RequestHead::at(size_t i) const {
  const Place& place = places_[i];
  const absl::string_view text(text_);
  return {text.substr(place.begin, place.name_size), text.substr(place.begin + place.name_size, place.value_size)};
}

absl::string_view RequestHead::Find(absl::string_view name) const {
  for (size_t i = 0; i < places_.size(); ++i) {
    if (const Field field = at(i); field.name == name) return field.value;
  }
  return "";
}

absl::string_view RequestHead::path() const {
  const absl::string_view whole = Find(":path");
  return whole.substr(0, whole.find('?'));
}

absl::string_view RequestHead::query() const {
  const absl::string_view whole = Find(":path");
  const size_t mark = whole.find('?');
  return mark == absl::string_view::npos ? absl::string_view() : whole.substr(mark + 1);
}

}  // namespace nbo::server
