//! Options of `nbft connect` for queues and timeouts, by the names of nvme-cli.

use crate::tunables::{InvalidValue, Tunable, Tunables};
use clap::Args;

/// Options for queues and timeouts. Each is also a kernel parameter, and a line of /etc/nbft/connect.conf.
#[derive(Debug, Clone, Default, Args)]
pub struct TunableArgs {
    /// I/O queues of a controller [default: one for each CPU]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::NrIoQueues, text))]
    pub nr_io_queues: Option<i32>,
    /// Further queues for writes
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::NrWriteQueues, text))]
    pub nr_write_queues: Option<i32>,
    /// Further queues for polling
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::NrPollQueues, text))]
    pub nr_poll_queues: Option<i32>,
    /// Entries of an I/O queue, 16 to 1024 [default: the kernel's, 128]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::QueueSize, text))]
    pub queue_size: Option<i32>,
    /// Seconds between two keep-alives [default: the kernel's, 5]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::KeepAliveTmo, text))]
    pub keep_alive_tmo: Option<i32>,
    /// Seconds between two tries to connect a lost controller again [default: the kernel's, 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::ReconnectDelay, text))]
    pub reconnect_delay: Option<i32>,
    /// Seconds after which the kernel gives up a lost controller; -1: never [default: -1]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true,
        value_parser = |text: &str| read(Tunable::CtrlLossTmo, text))]
    pub ctrl_loss_tmo: Option<i32>,
    /// Seconds after which I/O to a lost controller fails; -1: when the kernel gives it up [default: -1]
    #[arg(long, alias = "fast_io_fail_tmo", value_name = "SECONDS", allow_negative_numbers = true,
        value_parser = |text: &str| read(Tunable::FastIoFailTmo, text))]
    pub fast_io_fail_tmo: Option<i32>,
    /// Type of service in IP packets, 0 to 255
    #[arg(long, value_name = "TOS", allow_negative_numbers = true, value_parser = |text: &str| read(Tunable::Tos, text))]
    pub tos: Option<i32>,
}

fn read(tunable: Tunable, text: &str) -> Result<i32, InvalidValue> {
    tunable.parse(text)
}

impl TunableArgs {
    /// The values that were given.
    #[must_use]
    pub fn given(&self) -> Tunables {
        let values = [
            (Tunable::NrIoQueues, self.nr_io_queues),
            (Tunable::NrWriteQueues, self.nr_write_queues),
            (Tunable::NrPollQueues, self.nr_poll_queues),
            (Tunable::QueueSize, self.queue_size),
            (Tunable::KeepAliveTmo, self.keep_alive_tmo),
            (Tunable::ReconnectDelay, self.reconnect_delay),
            (Tunable::CtrlLossTmo, self.ctrl_loss_tmo),
            (Tunable::FastIoFailTmo, self.fast_io_fail_tmo),
            (Tunable::Tos, self.tos),
        ];
        values.into_iter().filter_map(|(tunable, value)| Some((tunable, value?))).collect()
    }
}
