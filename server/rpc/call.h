// A call as its method sees it, whichever protocol it came by.
#ifndef NBO_SERVER_RPC_CALL_H_
#define NBO_SERVER_RPC_CALL_H_

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo::server {

// One request, one answer. The method is run on the thread of a loop, and must not wait there. Whoever keeps the call
// lets go of it before the server ends.
class UnaryCall {
 public:
  virtual ~UnaryCall() = default;

  // Begin: on the loop's thread, while the method runs.
  // What follows until the first Parse may be called by another thread: keeps the request beyond this call.
  virtual void Keep() = 0;
  // Tells `cancelled`, at most once and perhaps never, if the client leaves before it is answered.
  virtual void OnCancel(std::function<void()> cancelled) = 0;
  // When the client stops waiting; InfiniteFuture: never.
  virtual absl::Time deadline() const = 0;
  // End.

  // The request, as ParseMessage (wire.h) has it. On the loop's thread while the method runs, or once by another
  // thread after Keep.
  virtual absl::Status Parse(google::protobuf::Message* request) = 0;

  // Answers: with the response if the status is OK; else it may be null. Once, from any thread. `retry_after` of a
  // refusal: when trying again makes sense; zero: nothing is said.
  virtual void Finish(const absl::Status& status, const google::protobuf::Message* response,
                      absl::Duration retry_after = absl::ZeroDuration()) = 0;
};

// A call with any number of messages in both directions. Thread-safe.
class StreamCall {
 public:
  virtual ~StreamCall() = default;
  // Asks for the next message: StreamHandler::OnMessage or OnInputEnd is called once. Not before the one before was
  // answered.
  virtual void Read() = 0;
  // Sends a message: OnWritten is called once. Not before the one before was.
  virtual void Write(const google::protobuf::Message& message) = 0;
  // Ends the call. Nothing may follow.
  virtual void Finish(const absl::Status& status) = 0;
};

// What a method makes of a stream. Called on the thread of a loop, which must not be held up.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // The bytes are there until it returns.
  virtual void OnMessage(absl::string_view message) = 0;
  // The client has ended its side, or is gone.
  virtual void OnInputEnd() = 0;
  // Not ok: the client is gone.
  virtual void OnWritten(bool ok) = 0;
  // The last call, after Finish, when neither a Read nor a Write is unanswered. The handler may delete itself.
  virtual void OnDone() = 0;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_CALL_H_
