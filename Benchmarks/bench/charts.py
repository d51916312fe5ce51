"""Draws the charts of a full run with gnuplot."""

import subprocess

import workloads
from servers import Wrong

COLORS = {"luafunc": "#2c6fbb", "nginx": "#d9822b", "go": "#6b8e23"}
NAMES = {"luafunc": "luafunc", "nginx": "nginx + LuaJIT", "go": "Go"}
BEGIN = """
set encoding utf8
set terminal svg size {width},{height} dynamic background rgb 'white' font 'sans-serif,13'
set output '{path}'
set grid ytics lc rgb '#dddddd' lt 1
set border 3 lc rgb '#555555'
set tics nomirror
set key above reverse Left
"""


def draw(folder, sections):
    """Draws the sections that have charts, and returns their names."""
    folder.mkdir(exist_ok=True)
    peers(folder / "load.svg", sections["load"].rows)
    growth(folder / "body.svg", sections["body"], "body of a request", [
        ("CPU ms a request", 2, "log"), ("most memory, MB", 5, "log")], bytes_tics())
    growth(folder / "functions.svg", sections["functions"], "functions", [
        ("start to first answer, ms", 1, "log"), ("memory, MB, each called", 4, "log")])
    growth(folder / "connections.svg", sections["connections"], "connections", [
        ("CPU µs a request", 2, ""), ("p99 ms", 4, "log"), ("memory MB", 5, "log")])
    return {"load", "body", "functions", "connections"}


def peers(path, rows):
    """Draws the CPU time of a request as a multiple of luafunc's."""
    own = {row[0]: row[2] for row in rows if row[1] == "luafunc"}
    programs = list(dict.fromkeys(row[1] for row in rows))
    lines = []
    for workload in own:
        cells = {program: f"{cpu / own[workload]:.3f}" for name, program, cpu, *_ in rows if name == workload}
        lines.append(" ".join([f'"{workload}"', *(cells.get(program, "NaN") for program in programs)]))
    plots = ", ".join(
        f"$data using {place + 2}:xtic(1) title '{NAMES[program]}' lc rgb '{COLORS[program]}'"
        for place, program in enumerate(programs))
    gnuplot(BEGIN.format(path=path, width=860, height=360) + "$data << END\n" + "\n".join(lines) + f"""
END
set title 'CPU time of a request, as a multiple of luafunc''s (lower is better)'
set style data histograms
set style histogram clustered gap 1
set style fill solid noborder
set boxwidth 0.9
set yrange [0:*]
plot {plots}
""")


def growth(path, section, title, panels, tics=""):
    """Draws one panel for each (title, column, scale)."""
    programs = [program for program in COLORS if any(program in row for row in section.rows)] or ["luafunc"]
    script = BEGIN.format(path=path, width=430 * len(panels), height=340)
    for program in programs:
        lines = (row for row in section.rows if len(programs) == 1 or row[1] == program)
        script += f"${program} << END\n" + "\n".join(" ".join(map(str, row)) for row in lines) + "\nEND\n"
    script += f"set multiplot layout 1,{len(panels)}\nset logscale x\nset xlabel '{title}'\n{tics}\n"
    for name, column, scale in panels:
        plots = ", ".join(
            f"${program} using 1:{column + 1} with linespoints lw 2 pt 7 ps 0.6 lc rgb '{COLORS[program]}'"
            f" title '{NAMES[program]}'"
            for program in programs)
        axis = "set logscale y" if scale else "unset logscale y; set yrange [0:*]"
        script += f"set title '{name}'\n{axis}\nplot {plots}\nset autoscale y\n"
    gnuplot(script)


def bytes_tics():
    sizes = [1 << power for power in range(10, 27, 4)]
    return "set xtics (" + ", ".join(f"'{workloads.unit(size, ' ')}' {size}" for size in sizes) + ")"


def gnuplot(script):
    ended = subprocess.run(["gnuplot"], input=script, capture_output=True, text=True)
    if ended.returncode:
        raise Wrong(f"gnuplot failed:\n{ended.stderr}")
