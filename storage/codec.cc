// Catalogs and their activations; states are in state_encoder.cc and state_decoder.cc, the rest of codec.h is in
// record_codec.cc.
#include "storage/codec.h"

#include <zstd.h>

#include "absl/strings/str_cat.h"
#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

}  // namespace

std::string EncodeCatalog(const PublishedCatalog& catalog) {
  pb::PublishedCatalog message;
  message.set_yaml_bytes(static_cast<int64_t>(catalog.yaml.size()));
  message.set_offer_count(catalog.offer_count);
  message.set_segment_count(catalog.segment_count);
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
                          absl::FromUnixMicros(message.publish_time_us()),
                          message.yaml_bytes(),
                          message.offer_count(),
                          message.segment_count()};
}

std::string CompressText(absl::string_view text) {
  // 23.7 MB of YAML become 1 MB in 0.07 s; higher levels take longer than the parsing.
  constexpr int kLevel = 1;
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), kLevel);
  frame.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return frame;
}

absl::StatusOr<std::string> DecompressText(absl::string_view frame, size_t size) {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size) {
    return absl::DataLossError("catalog: its text is not readable");
  }
  std::string text(size, '\0');
  if (ZSTD_decompress(text.data(), size, frame.data(), frame.size()) != size) {
    return absl::DataLossError("catalog: its text is not readable");
  }
  return text;
}

std::string EncodeActivation(const CatalogActivation& activation) {
  pb::CatalogActivation message;
  message.set_version(activation.version);
  message.set_cause(static_cast<uint32_t>(activation.cause));
  message.set_state(static_cast<uint32_t>(activation.state));
  message.set_request_time_us(absl::ToUnixMicros(activation.request_time));
  message.set_activate_time_us(absl::ToUnixMicros(activation.activate_time));
  message.set_end_time_us(absl::ToUnixMicros(activation.end_time));
  message.set_order(activation.order);
  message.set_author(activation.author);
  message.set_note(activation.note);
  message.set_end_author(activation.end_author);
  message.set_end_note(activation.end_note);
  return message.SerializeAsString();
}

absl::StatusOr<CatalogActivation> DecodeActivation(int64_t number, absl::string_view bytes) {
  pb::CatalogActivation message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.version() <= 0 ||
      message.cause() < 1 || message.cause() > 3 || message.state() < 1 || message.state() > 4) {
    return absl::DataLossError(absl::StrCat("catalog activation ", number, ": not readable"));
  }
  CatalogActivation activation;
  activation.number = number;
  activation.version = message.version();
  activation.cause = static_cast<CatalogActivation::Cause>(message.cause());
  activation.state = static_cast<CatalogActivation::State>(message.state());
  activation.request_time = absl::FromUnixMicros(message.request_time_us());
  activation.activate_time = absl::FromUnixMicros(message.activate_time_us());
  activation.end_time = absl::FromUnixMicros(message.end_time_us());
  activation.order = message.order();
  activation.author = message.author();
  activation.note = message.note();
  activation.end_author = message.end_author();
  activation.end_note = message.end_note();
  return activation;
}

std::string EncodeSwitchEvent(const SwitchEvent& event) {
  pb::SwitchEvent message;
  message.set_scope(static_cast<uint32_t>(event.what.target.scope));
  message.set_id(event.what.target.id);
  message.set_paused(event.paused);
  message.set_author(event.what.author);
  message.set_reason(event.what.reason);
  message.set_time_us(absl::ToUnixMicros(event.what.time));
  return message.SerializeAsString();
}

absl::StatusOr<SwitchEvent> DecodeSwitchEvent(int64_t number, absl::string_view bytes) {
  pb::SwitchEvent message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.scope() < 1 ||
      message.scope() > kSwitchScopes) {
    return absl::DataLossError(absl::StrCat("switch event ", number, ": not readable"));
  }
  SwitchEvent event;
  event.number = number;
  event.paused = message.paused();
  event.what.target = {static_cast<SwitchScope>(message.scope()), message.id()};
  event.what.author = message.author();
  event.what.reason = message.reason();
  event.what.time = absl::FromUnixMicros(message.time_us());
  return event;
}

}  // namespace nbo::storage
