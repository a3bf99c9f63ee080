namespace Pricing.Coordinator.Embedded;

/// <summary>
/// Who uses a cluster. Each user holds a locked file of its own; the kernel lets go of the lock when the process dies, however it dies,
/// so the count of users is always true. The gate is a second lock, held only while somebody starts or stops the server.
/// </summary>
sealed class ClusterUsers(string folder, TimeProvider time)
{
    // EAGAIN, what flock answers when another holds the lock; .NET passes the number on.
    const int WouldBlock = 11;

    FileStream? _own;

    /// <summary>Waits for the gate; dispose the answer to open it again.</summary>
    public async Task<IDisposable> EnterGateAsync(CancellationToken cancel)
    {
        var path = Path.Combine(folder, "gate.lock");
        var began = time.GetTimestamp();
        while (true)
        {
            if (TryLock(path) is { } gate)
                return gate;
            if (time.GetElapsedTime(began) > TimeSpan.FromSeconds(Limits.EmbeddedPostgres.GateSeconds))
            {
                throw new EmbeddedPostgresException("POSTGRES_BUSY",
                    $"Another process has been starting or stopping the database in {folder} for {Limits.EmbeddedPostgres.GateSeconds} s.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.EmbeddedPostgres.PollMs), time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Counts this user in. Inside the gate.</summary>
    public void Join() => _own ??= TryLock(Path.Combine(folder, $"user-{Guid.NewGuid():n}.lock"))
        ?? throw new EmbeddedPostgresException("POSTGRES_BUSY", $"A fresh lock file in {folder} could not be locked.");

    /// <summary>Counts this user out; true when nobody else is left. Inside the gate.</summary>
    public bool LeaveAsLast()
    {
        if (_own is not null)
        {
            File.Delete(_own.Name);
            _own.Dispose();
            _own = null;
        }
        var othersLive = false;
        foreach (var path in Directory.GetFiles(folder, "user-*.lock"))
        {
            if (TryLock(path) is not { } dead)
            {
                othersLive = true;
                continue;
            }
            // Its lock was free: the process is gone, its file stayed.
            File.Delete(path);
            dead.Dispose();
        }
        return !othersLive;
    }

    // FileShare.None is an exclusive flock on Unix; .NET opens close-on-exec, so no child inherits it.
    static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            return null;
        }
    }
}
