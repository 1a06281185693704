//! The polled sender as a sink (feature `sink`).

use super::error::PollSendError;
use super::poll_sender::PollSender;
use core::{
    pin::Pin,
    task::{Context, Poll},
};
use futures_sink::Sink;

/// A sink whose `poll_ready` reserves: after it, `start_send` cannot meet a full channel.
///
/// A message is in the channel as soon as `start_send` returns, so flushing is done at once. Closing ends this sink
/// only ([`PollSender::close`]).
impl<T> Sink<T> for PollSender<T> {
    type Error = PollSendError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_reserve(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Self::Error> {
        self.send_item(message)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}
