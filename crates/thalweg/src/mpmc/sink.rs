//! The polled sender as a sink (feature `sink`).

use super::poll_sender::PollSender;
use crate::error::SendError;
use core::{
    pin::Pin,
    task::{Context, Poll},
};
use futures_sink::Sink;

/// A sink whose `poll_ready` reserves: after it, `start_send` cannot meet a full channel.
///
/// A message is in the channel as soon as `start_send` returns, so flushing is done at once. Closing ends this sink
/// only ([`PollSender::close`]). A message that `start_send` cannot send is dropped, because a sink's error cannot
/// carry it; [`PollSender::send_item`] gives it back.
impl<T> Sink<T> for PollSender<T> {
    type Error = SendError<()>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_reserve(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Self::Error> {
        self.send_item(message).map_err(|SendError(_)| SendError(()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}
